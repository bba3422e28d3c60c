package dataversesim

import "math/rand/v2"

// Mischief is what happens to events on their way: each is the share, 0 to 1,
// of the events that it befalls. The zero value is none.
type Mischief struct {
	Duplicate float64 `json:"duplicate"` // delivered twice
	Late      float64 `json:"late"`      // delivered after the event that follows it
	Drop      float64 `json:"drop"`      // never delivered; its System Job stays at 0
}

func (m Mischief) check() string {
	for _, share := range []float64{m.Duplicate, m.Late, m.Drop} {
		if share < 0 || share > 1 {
			return "a share lies between 0 and 1"
		}
	}
	return ""
}

// upset puts m in force; what is held back comes at once.
func (c *courier) upset(m Mischief) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mischief = m
	if c.chance == nil {
		c.chance = rand.New(rand.NewPCG(1, 0x0dd))
	}
	c.release()
}

// afflict lets mischief befall an event; the caller holds the lock.
func (c *courier) afflict(e *event) {
	strikes := func(share float64) bool { return share > 0 && c.chance.Float64() < share }
	switch {
	case strikes(c.mischief.Drop):
		return
	case c.late == nil && strikes(c.mischief.Late):
		c.late = e
		return
	}
	c.queue = append(c.queue, e)
	c.work.Signal()
	if strikes(c.mischief.Duplicate) {
		c.queue = append(c.queue, e)
		c.work.Signal()
	}
	c.release()
}

// release queues the event that was held back.
func (c *courier) release() {
	if c.late == nil {
		return
	}
	c.queue = append(c.queue, c.late)
	c.late = nil
	c.work.Signal()
}
