package decide

import (
	"fmt"
	"math"
)

// FencePolicy bounds how many irreversible operations pass within an hour: the
// larger of PerHour and Share of the linked people. The zero value lets nothing pass.
type FencePolicy struct {
	PerHour int     // operations per hour, whatever the size of the base
	Share   float64 // 0.05 is five per cent of the linked people per hour
	Off     bool    // no fence at all
}

// DefaultFence lets 50 an hour or five per cent of the base pass. A base of
// 1,000 people therefore stops at the 51st erasure within an hour: more than a
// working day brings, less than a mistake would destroy. An environment that
// plans a clean-up, or a demonstration that deactivates 60 people in a minute,
// raises PerHour (say to 200) beforehand.
func DefaultFence() FencePolicy { return FencePolicy{PerHour: 50, Share: 0.05} }

// Limit is how many irreversible operations pass within an hour when base people are linked.
func (p FencePolicy) Limit(base int) int {
	share := 0
	if p.Share > 0 && base > 0 {
		share = int(min(math.Ceil(p.Share*float64(base)-1e-9), float64(base)))
	}
	return max(p.PerHour, share, 0)
}

// Fence reports whether one more irreversible operation may pass, when recent
// passed in the last hour and base people are linked. When not, why is one plain
// sentence for the alert; the operation waits, it does not fail.
func Fence(recent, base int, policy FencePolicy) (pass bool, why string) {
	limit := policy.Limit(base)
	if policy.Off || recent < limit {
		return true, ""
	}
	return false, fmt.Sprintf("%d people were erased in the last hour and the fence stops at %d; if this is meant, release the held work or raise the limit of the fence", recent, limit)
}
