package spotlersim

import (
	"time"
)

// isoLayout is how the simulator writes a moment as text.
const isoLayout = "2006-01-02T15:04:05.000-07:00"

// layouts are the ways in which clients are known to write a moment (reference:
// section 3.5); Go accepts a fraction of a second after any of them.
var layouts = []string{
	"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", time.DateOnly,
}

// amsterdam is the zone of texts without an offset: the product is Dutch.
var amsterdam = func() *time.Location {
	if zone, err := time.LoadLocation("Europe/Amsterdam"); err == nil {
		return zone
	}
	return time.FixedZone("CET", 3600) // a machine without time zones
}()

func parseTime(text string) (time.Time, error) {
	var first error
	for _, layout := range layouts {
		at, err := time.ParseInLocation(layout, text, amsterdam)
		if err == nil {
			return at, nil
		}
		if first == nil {
			first = err
		}
	}
	return time.Time{}, first
}

// date writes an epoch in milliseconds as the base of the call does it.
func (c *call) date(millis int64) any { return dateOn(millis, c.rules.millis(c.base)) }

func dateOn(millis int64, number bool) any {
	if number {
		return millis
	}
	return time.UnixMilli(millis).In(amsterdam).Format(isoLayout)
}
