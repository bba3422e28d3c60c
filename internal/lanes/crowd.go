package lanes

import (
	"math"
	"time"

	connector "github.com/spotler-connector/connector"
)

// crowd remembers how many lanes of each environment were handed out lately; what
// is older counts less and less.
type crowd map[connector.Environment]lately

type lately struct {
	lanes float64
	at    time.Time
}

const (
	// crowdMemory is the time after which a lane counts for a third.
	crowdMemory = 250 * time.Millisecond
	// crowded is from how many lanes on an environment is in a crowd: far more than
	// people make by hand, about eighty changes a second.
	crowded = 20
	// crowdLinger is how many times longer lanes wait for company in a crowd.
	crowdLinger = 8
)

func (c *crowd) of(env connector.Environment, now time.Time) float64 {
	l := (*c)[env]
	return l.lanes * math.Exp(-float64(now.Sub(l.at))/float64(crowdMemory))
}

func (c *crowd) add(env connector.Environment, now time.Time, lanes int) {
	if *c == nil {
		*c = crowd{}
	}
	(*c)[env] = lately{c.of(env, now) + float64(lanes), now}
}
