package spotlersim

import (
	"fmt"
	"strconv"
	"time"
)

// The words that made-up subscribers consist of.
var (
	lifeFirstNames = []string{"Anouk", "Bas", "Cato", "Dirk", "Ella", "Floor", "Guus", "Hugo", "Isa", "Joep", "Kees", "Lotte", "Mats", "Nina", "Otto", "Puck"}
	lifeLastNames  = []string{"Appel", "Blom", "Claassen", "Dijkstra", "Evers", "Faber", "Gerrits", "Hoekstra", "Jonker", "Koster", "Lammers", "Maas"}
	lifeCities     = []string{"Almere", "Breda", "Delft", "Ede", "Gouda", "Hoorn", "Leiden", "Tiel", "Venlo", "Zeist"}
	lifeTitles     = []string{"Inkoper", "Marketeer", "Docent", "Arts", "Planner", "Bakker"}
)

// subscribe adds somebody who fills in a form on a web site: a contact without
// an external id, or with the id of another system when foreign.
func (a *account) subscribe(foreign bool, now moment) *contact {
	l := a.life
	l.born++
	l.count("subscribed")
	first, last := pick(l, lifeFirstNames), pick(l, lifeLastNames)
	who := a.create(a.stamp(now.known))
	if foreign {
		a.rename(who, a.field, fmt.Sprintf("shop-%d-%d", 1+a.life.number, l.born))
	}
	a.setEmail(who, fmt.Sprintf("subscriber%d@life%d.example", l.born, 1+l.number))
	a.write(who, "firstName", first)
	a.write(who, "lastName", last)
	a.write(who, "city", pick(l, lifeCities))
	if p := a.schema.Load().byName[permissionsProperty]; p != nil {
		on := bits(0)
		for _, e := range p.Entries {
			if l.chance(0.5) {
				on |= bits(e.Bit)
			}
		}
		who.values[permissionsProperty] = on
	}
	a.touch(who, now.known, true)
	a.fillIn("subscribe", who, now)
	return who
}

// write sets a text property if the account has it.
func (a *account) write(who *contact, name, value string) {
	if p := a.schema.Load().byName[name]; p != nil && p.Type == TypeString {
		who.values[name] = value
	}
}

// change edits a profile as its owner does in a form: a new town, another job, a
// permission more or less, now and then another address.
func (a *account) change(who *contact, now moment) {
	l := a.life
	l.count("changed")
	switch l.rand.IntN(5) {
	case 0:
		a.write(who, "city", pick(l, lifeCities))
	case 1:
		a.write(who, "profileField1", pick(l, lifeTitles))
	case 2:
		a.write(who, "phoneNumber", "+31 20 "+strconv.Itoa(1_000_000+l.rand.IntN(9_000_000)))
	case 3:
		a.flipOne(who)
	default:
		l.born++
		a.setEmail(who, fmt.Sprintf("moved%d@life%d.example", l.born, 1+l.number))
	}
	a.touch(who, now.known, true)
}

// flipOne turns a permission of somebody who can be mailed on or off.
func (a *account) flipOne(who *contact) {
	p := a.schema.Load().byName[permissionsProperty]
	if p == nil || who.state != Active {
		return
	}
	on, _ := who.values[p.Name].(bits)
	who.values[p.Name] = on ^ bits(p.Entries[a.life.rand.IntN(len(p.Entries))].Bit)
}

// fillProfile changes the profile of a mail's receiver through the mail's link.
func (s *Sim) fillProfile(a *account, d *delivery, now moment) {
	if !a.present(d.to) {
		return
	}
	if link := d.of.linkOf(linkEditProfile); link != nil {
		a.click(d, link.ID, now)
	}
	a.change(d.to, now)
	a.fillIn("editProfile", d.to, now)
}

// Days is what happens in an account without any mail, per day.
type Days struct {
	Days        int     `json:"days"`
	Subscribers int     `json:"subscribers"` // who arrive
	Foreign     float64 `json:"foreign"`     // the part of them that has an id of another system, from 0 to 1
	Changes     int     `json:"changes"`     // profiles that are changed
	Leavers     int     `json:"leavers"`     // who unsubscribe without a mail
}

// Check returns what is wrong with d, or nil.
func (d Days) Check() error {
	switch {
	case d.Days < 1 || d.Days > 3660:
		return fmt.Errorf("days is %d: give 1 to 3660", d.Days)
	case d.Subscribers < 0 || d.Changes < 0 || d.Leavers < 0 || d.Subscribers+d.Changes+d.Leavers > 100_000:
		return fmt.Errorf("subscribers, changes and leavers are numbers from 0, together at most 100000 per day")
	case d.Foreign < 0 || d.Foreign > 1:
		return fmt.Errorf("foreign is %g: give a part from 0 to 1", d.Foreign)
	}
	return nil
}

// planDays plans days, from now on.
func (a *account) planDays(d Days, now time.Time) {
	l := a.life
	for day := range d.Days {
		start := now.Add(time.Duration(day) * 24 * time.Hour)
		moments := func(n int, do func(moment)) {
			for range n {
				l.plan(start.Add(time.Duration(l.rand.Float64()*float64(24*time.Hour)).Round(time.Millisecond)), do)
			}
		}
		moments(d.Subscribers, func(at moment) { a.subscribe(l.chance(d.Foreign), at) })
		moments(d.Changes, func(at moment) {
			if who := a.anybody(); who != nil {
				a.change(who, at)
			}
		})
		moments(d.Leavers, func(at moment) {
			if who := a.anybody(); who != nil && who.state != OptedOut && who.state != Permanent {
				l.count("unsubscribed")
				a.optOut(who, at.known)
			}
		})
	}
}

// anybody draws a contact, or nil when a few tries find nobody.
func (a *account) anybody() *contact {
	for range 64 {
		if len(a.contacts) == 0 {
			return nil
		}
		if who := a.contacts[a.life.rand.IntN(len(a.contacts))]; who != nil {
			return who
		}
	}
	return nil
}

func pick(l *life, words []string) string { return words[l.rand.IntN(len(words))] }
