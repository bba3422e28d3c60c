package lanes

import (
	"math"
	"sync"
	"time"

	connector "github.com/spotler-connector/connector"
)

// crowd remembers how many lanes of each environment were handed out lately; what
// is older counts less and less.
type crowd struct {
	mu  sync.Mutex
	env map[connector.Environment]lately
}

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
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.faded(env, now)
}

func (c *crowd) faded(env connector.Environment, now time.Time) float64 {
	l := c.env[env]
	return l.lanes * math.Exp(-float64(now.Sub(l.at))/float64(crowdMemory))
}

func (c *crowd) add(env connector.Environment, now time.Time, lanes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.env == nil {
		c.env = map[connector.Environment]lately{}
	}
	c.env[env] = lately{c.faded(env, now) + float64(lanes), now}
}
