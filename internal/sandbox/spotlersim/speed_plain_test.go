//go:build !race

package spotlersim_test

// slower is how much more time the tests of speed grant.
const slower = 1
