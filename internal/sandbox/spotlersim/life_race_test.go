package spotlersim_test

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

// Reading, writing and living at the same time is safe, and afterwards the
// numbers add up.
func TestLifeWhileTheAPIIsUsed(t *testing.T) {
	s := start(t)
	s.assume(`{"clock_skew":0}`)
	s.people(30)
	refs := []string{s.sendTo(""), s.sendTo(`,"after_seconds":7200`)}
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := range 25 {
				switch worker {
				case 0:
					s.live(2 * time.Hour)
				case 1:
					s.call("POST", "/contact", fmt.Sprintf(`{"update":true,"contact":{"externalId":"w%d","properties":{"email":"w%d@people.example"}}}`, i, i))
				case 2:
					s.call("GET", "/mailing/"+refs[0]+"/statistics", "")
				default:
					s.call("GET", "/mailing-interaction/opened", "")
				}
			}
		})
	}
	all.Wait()
	s.live(30 * 24 * time.Hour)
	s.checkWorld(refs)
}
