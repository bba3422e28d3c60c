package query

import "time"

// Env is what a query needs to know beside the tables.
type Env struct {
	Now time.Time
	// User asks, and belongs to Unit and Teams.
	User, Unit GUID
	Teams      []GUID
	// Steps bounds the work: rows looked at and pairs of rows made. 0 is ten
	// million, which no honest query of a simulator needs.
	Steps int
}

const maxSteps = 10_000_000
