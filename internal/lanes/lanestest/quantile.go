package lanestest

import (
	"slices"
	"time"
)

// quantile is the value below which the share q of the durations lies.
func quantile(d []time.Duration, q float64) time.Duration {
	s := slices.Sorted(slices.Values(d))
	return s[min(int(q*float64(len(s))), len(s)-1)]
}
