package transport

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// longestPause bounds what a remote can ask for: a wrong date must not silence
// an environment for years.
const longestPause = time.Hour

// RetryAfter reads the Retry-After header: seconds or a HTTP date (RFC 9110,
// 10.2.3). False means that it is absent or cannot be read. A time gone by is 0,
// a long one is cut to an hour.
func RetryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if text == "" {
		return 0, false
	}
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		if !(seconds >= 0) { // negative or NaN
			return 0, false
		}
		if seconds > longestPause.Seconds() {
			return longestPause, true
		}
		return time.Duration(seconds * float64(time.Second)), true
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	return min(max(at.Sub(now), 0), longestPause), true
}
