//go:build !race

package spotlersim_test

// raced says that the race detector looks on.
const raced = false
