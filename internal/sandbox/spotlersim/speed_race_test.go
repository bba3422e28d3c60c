//go:build race

package spotlersim_test

// slower is how much more time the tests of speed grant under the race detector.
const slower = 10
