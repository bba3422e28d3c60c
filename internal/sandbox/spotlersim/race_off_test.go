//go:build !race

package spotlersim_test

// manyMailings is how many TestManyMailings sends.
const manyMailings = 1000
