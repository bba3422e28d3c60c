package query

import "time"

// window is a stretch of time that an operator means; n is its number.
type window struct {
	counted bool
	span    func(c calendar, n int) (from, to time.Time)
}

// calendar is the day on which a query runs, in UTC: the simulator's users all
// live there. Weeks start on Sunday; fiscal years are calendar years and fiscal
// periods quarters (*assumed*: the defaults of a new organisation).
type calendar struct{ now time.Time }

func (c calendar) day(plus int) time.Time {
	y, m, d := c.now.Date()
	return time.Date(y, m, d+plus, 0, 0, 0, 0, time.UTC)
}

func (c calendar) week(plus int) time.Time { return c.day(7*plus - int(c.now.Weekday())) }

func (c calendar) month(plus int) time.Time {
	return time.Date(c.now.Year(), c.now.Month()+time.Month(plus), 1, 0, 0, 0, 0, time.UTC)
}

func (c calendar) quarter(plus int) time.Time {
	return time.Date(c.now.Year(), (c.now.Month()-1)/3*3+1+time.Month(3*plus), 1, 0, 0, 0, 0, time.UTC)
}

func (c calendar) year(plus int) time.Time {
	return time.Date(c.now.Year()+plus, 1, 1, 0, 0, 0, 0, time.UTC)
}

// soon is just past now, so that what happened now is in the past.
func (c calendar) soon() time.Time { return c.now.Truncate(time.Second).Add(time.Second) }

// The ends of time, for windows that are open on one side.
var (
	dawn = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	dusk = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
)

// unit moves from now by n of something; what is longer than an hour goes by
// whole days (*assumed*).
type unit func(c calendar, n int) time.Time

func hours(c calendar, n int) time.Time   { return c.now.Add(time.Duration(n) * time.Hour) }
func minutes(c calendar, n int) time.Time { return c.now.Add(time.Duration(n) * time.Minute) }
func days(c calendar, n int) time.Time    { return c.day(n) }
func weeks(c calendar, n int) time.Time   { return c.day(7 * n) }
func months(c calendar, n int) time.Time  { return c.day(0).AddDate(0, n, 0) }
func years(c calendar, n int) time.Time   { return c.day(0).AddDate(n, 0, 0) }

func lastX(u unit) window {
	return window{true, func(c calendar, n int) (time.Time, time.Time) { return u(c, -n), c.soon() }}
}

// nextX ends with the day that is n units away.
func nextX(u unit) window {
	return window{true, func(c calendar, n int) (time.Time, time.Time) {
		to := u(c, n)
		if to.Equal(days(calendar{to}, 0)) {
			to = to.AddDate(0, 0, 1)
		}
		return c.now, to
	}}
}

func olderThan(u unit) window {
	return window{true, func(c calendar, n int) (time.Time, time.Time) { return dawn, u(c, -n) }}
}

// whole is the period plus periods away.
func whole(start func(calendar, int) time.Time, plus int) window {
	return window{false, func(c calendar, _ int) (time.Time, time.Time) { return start(c, plus), start(c, plus+1) }}
}

// lastWhole and nextWhole are n periods, without this one.
func lastWhole(start func(calendar, int) time.Time) window {
	return window{true, func(c calendar, n int) (time.Time, time.Time) { return start(c, -n), start(c, 0) }}
}

func nextWhole(start func(calendar, int) time.Time) window {
	return window{true, func(c calendar, n int) (time.Time, time.Time) { return start(c, 1), start(c, n+1) }}
}

// always is a counted window with a fixed number.
func always(w window, n int) window {
	return window{false, func(c calendar, _ int) (time.Time, time.Time) { return w.span(c, n) }}
}

// windows are the operators about stretches of time.
var windows = map[Op]window{
	"yesterday": whole(calendar.day, -1), "today": whole(calendar.day, 0), "tomorrow": whole(calendar.day, 1),
	"last-week": whole(calendar.week, -1), "this-week": whole(calendar.week, 0), "next-week": whole(calendar.week, 1),
	"last-month": whole(calendar.month, -1), "this-month": whole(calendar.month, 0), "next-month": whole(calendar.month, 1),
	"last-year": whole(calendar.year, -1), "this-year": whole(calendar.year, 0), "next-year": whole(calendar.year, 1),
	"last-seven-days": always(lastX(days), 7), "next-seven-days": always(nextX(days), 7),
	"last-x-hours": lastX(hours), "next-x-hours": nextX(hours), "last-x-days": lastX(days), "next-x-days": nextX(days),
	"last-x-weeks": lastX(weeks), "next-x-weeks": nextX(weeks), "last-x-months": lastX(months), "next-x-months": nextX(months),
	"last-x-years": lastX(years), "next-x-years": nextX(years),
	"olderthan-x-minutes": olderThan(minutes), "olderthan-x-hours": olderThan(hours), "olderthan-x-days": olderThan(days),
	"olderthan-x-weeks": olderThan(weeks), "olderthan-x-months": olderThan(months), "olderthan-x-years": olderThan(years),
	"last-fiscal-year": whole(calendar.year, -1), "this-fiscal-year": whole(calendar.year, 0), "next-fiscal-year": whole(calendar.year, 1),
	"last-fiscal-period": whole(calendar.quarter, -1), "this-fiscal-period": whole(calendar.quarter, 0), "next-fiscal-period": whole(calendar.quarter, 1),
	"last-x-fiscal-years": lastWhole(calendar.year), "next-x-fiscal-years": nextWhole(calendar.year),
	"last-x-fiscal-periods": lastWhole(calendar.quarter), "next-x-fiscal-periods": nextWhole(calendar.quarter),
}

// dated is the window of an operator with a date or with fiscal numbers.
func dated(o Op, values []any) (from, to time.Time) {
	if m, ok := values[0].(Moment); ok {
		day := calendar{m.Time()}
		switch o {
		case "on-or-before":
			return dawn, day.day(1)
		case "on-or-after":
			return day.day(0), dusk
		}
		return day.day(0), day.day(1)
	}
	first := number(values[0])
	if len(values) == 1 {
		return calendar{time.Date(first, 1, 1, 0, 0, 0, 0, time.UTC)}.year(0), calendar{time.Date(first, 1, 1, 0, 0, 0, 0, time.UTC)}.year(1)
	}
	start := time.Date(number(values[1]), time.Month(3*first-2), 1, 0, 0, 0, 0, time.UTC)
	switch o {
	case "in-or-before-fiscal-period-and-year":
		return dawn, start.AddDate(0, 3, 0)
	case "in-or-after-fiscal-period-and-year":
		return start, dusk
	}
	return start, start.AddDate(0, 3, 0)
}

func number(v any) int {
	n, _ := v.(int64)
	return int(min(n, 1<<20)) // far beyond every date, and no overflow
}

// instant is a value on the line of time; a day starts at midnight.
func instant(v any) (Moment, bool) {
	switch v := v.(type) {
	case Moment:
		return v, true
	case Day:
		return ParseMoment(string(v))
	}
	return 0, false
}
