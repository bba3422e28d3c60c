//go:build race

package spotlersim_test

// manyMailings is the short form: the race detector makes everything ten times slower.
const manyMailings = 100
