package people

import (
	"net/http"
	"slices"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/sandbox/control"
	"github.com/spotler-connector/connector/internal/schema"
)

// Action is one thing that happens during a day.
type Action struct {
	Kind     string    // "edit", "create", "outage begins" …; never personal data
	Table    string    // of the record, when there is one
	ID       string    // of the record, when there is one
	Requests []Request // what the person's browser sends to Dataverse
	Together bool      // the requests succeed or fail as one

	spotler []controlCall // what happens to Spotler instead
	outage  phase
	hold    time.Duration // with outageEnds: at least so long after it began
}

// phase says whether an action begins or ends the outage.
type phase int

const (
	outageBegins phase = iota + 1
	outageEnds
)

// controlCall is one call of a simulator's control plane.
type controlCall struct {
	method, path string
	body         any // nil sends none
	into         any // where the answer is decoded; nil reads it and forgets it
}

// Plan says what a day is like. The zero value is a usual one.
type Plan struct {
	Changes int           // rows written; 0 is 2,500
	Outage  time.Duration // how long Spotler is away; 0 is 3 seconds
	Quiet   bool          // without an outage and without a refused value
}

// Refused is the value that Spotler refuses during a day: a last name that
// somebody's software takes for nothing.
const Refused = "Null"

// director writes a day.
type director struct {
	*Cast
	plan    Plan
	actions []Action
	changes int
	gone    []*Person // erased by their own wish or inactive, may come back
}

// Day writes a working day of the cast: people make, edit, move, unsubscribe,
// deactivate and delete records, somebody edits everybody at once, one address
// is wrong, one value is refused by Spotler, and Spotler is away for a while.
// A few people are edited again and again, so that order matters. The cast
// itself stays as it was before the day.
func (c *Cast) Day(plan Plan) []Action {
	if plan.Changes == 0 {
		plan.Changes = 2500
	}
	if plan.Outage == 0 {
		plan.Outage = 3 * time.Second
	}
	d := &director{Cast: c.copy(), plan: plan}
	bulkAt, outageAt, backAt := plan.Changes/3, plan.Changes/2, plan.Changes*6/10
	badAt := plan.Changes / 4
	if !plan.Quiet {
		d.add(Action{Kind: "spotler will refuse a value", spotler: []controlCall{{method: http.MethodPost, path: "/control/rejects", body: map[string]string{"property": "lastName", "value": Refused}}}})
	}
	once := func(at *int, do func()) {
		if *at >= 0 && d.changes >= *at {
			*at = -1
			do()
		}
	}
	for d.changes < plan.Changes {
		once(&badAt, d.badRecords)
		once(&bulkAt, d.everybody)
		if !plan.Quiet {
			once(&outageAt, d.outage)
			once(&backAt, d.recovery)
		}
		d.next()
	}
	if !plan.Quiet {
		once(&outageAt, d.outage)
		once(&backAt, d.recovery)
	}
	return d.actions
}

func (d *director) add(a Action) {
	d.actions = append(d.actions, a)
	d.changes += len(a.Requests)
}

// next lets one thing happen.
func (d *director) next() {
	if len(d.People) == 0 {
		d.arrive()
		return
	}
	p := d.somebody()
	switch roll := d.rand.IntN(1000); {
	case roll < 560:
		d.edit(p)
	case roll < 720:
		d.permission(p)
	case roll < 780:
		d.patch(p, "do not bulk email", map[string]any{"donotbulkemail": d.rand.IntN(2) == 0})
	case roll < 810:
		d.leave(p, "do not email", map[string]any{"donotemail": true})
	case roll < 835:
		d.deactivate(p)
	case roll < 870:
		d.comeBack()
	case roll < 930:
		d.arrive()
	case roll < 950:
		d.remove(p)
	case roll < 985:
		d.counter++
		p.email = d.address("new", pick(d.rand, firstNames))
		d.patch(p, "new address", map[string]any{"emailaddress1": p.email})
	default:
		d.leave(p, "address removed", map[string]any{"emailaddress1": nil})
	}
}

// somebody picks a person; the first ten are picked again and again.
func (d *director) somebody() *Person {
	if n := min(10, len(d.People)); d.rand.IntN(3) == 0 {
		return d.People[d.rand.IntN(n)]
	}
	return d.People[d.rand.IntN(len(d.People))]
}

// patch changes p; whatever changes, the version goes up with it.
func (d *director) patch(p *Person, kind string, row map[string]any) {
	if p.title != "" {
		p.version++
		row["jobtitle"] = p.titled()
	}
	d.add(Action{Kind: kind, Table: string(p.Table), ID: p.ID, Requests: []Request{{http.MethodPatch, p.path(), row}}})
}

func (d *director) edit(p *Person) {
	row := map[string]any{}
	switch d.rand.IntN(4) {
	case 0:
		d.move(row)
	case 1:
		if p.Table != connector.Account {
			row["firstname"] = pick(d.rand, firstNames)
		} else {
			row["name"] = d.companyName()
		}
	case 2:
		if p.Table == connector.Contact {
			row["birthdate"] = "19" + string([]byte{byte('5' + d.rand.IntN(5)), byte('0' + d.rand.IntN(10))}) + "-04-01"
		}
	}
	if p.title == "" && len(row) == 0 {
		d.move(row)
	}
	if p.title != "" && d.rand.IntN(8) == 0 {
		p.title = pick(d.rand, titles)
	}
	d.patch(p, "edit", row)
}

// permission flips a row, or makes the first ones.
func (d *director) permission(p *Person) {
	if len(p.Permissions) == 0 {
		d.permit(p)
		a := Action{Kind: "first subscriptions", Table: string(p.Table), ID: p.ID, Together: true}
		for _, perm := range p.Permissions {
			a.Requests = append(a.Requests, Request{http.MethodPost, schema.SetOf(schema.SpotlerPermissionTable), perm.create(p)})
		}
		d.add(a)
		return
	}
	perm := &p.Permissions[d.rand.IntN(len(p.Permissions))]
	perm.Subscribed = !perm.Subscribed
	d.add(Action{Kind: "subscription", Table: string(p.Table), ID: p.ID, Requests: []Request{{http.MethodPatch,
		schema.SetOf(schema.SpotlerPermissionTable) + "(" + perm.ID + ")", map[string]any{"dh_subscribed": perm.Subscribed}}}})
}

// leave is a change after which the person must not be in Spotler.
func (d *director) leave(p *Person, kind string, row map[string]any) {
	d.patch(p, kind, row)
	d.putAway(p)
}

func (d *director) putAway(p *Person) {
	d.People = slices.DeleteFunc(d.People, func(q *Person) bool { return q == p })
	d.gone = append(d.gone, p)
}

func (d *director) deactivate(p *Person) {
	p.active = false
	row := map[string]any{"statecode": 1, "statuscode": 2}
	if p.Table == connector.Lead {
		row = map[string]any{"statecode": 2, "statuscode": 4} // disqualified: lost
	}
	d.leave(p, "deactivate", row)
}

// comeBack undoes whatever kept one of those who left away.
func (d *director) comeBack() {
	if len(d.gone) == 0 {
		return
	}
	i := d.rand.IntN(len(d.gone))
	p := d.gone[i]
	d.gone = slices.Delete(d.gone, i, i+1)
	d.People = append(d.People, p)
	row := map[string]any{"donotemail": false, "emailaddress1": p.email}
	if !p.active {
		p.active = true
		row["statecode"], row["statuscode"] = 0, 1
	}
	d.patch(p, "comes back", row)
}

// arrive makes a record with its subscriptions in one go.
func (d *director) arrive() {
	p := d.person()
	d.People = append(d.People, p)
	a := Action{Kind: "create", Table: string(p.Table), ID: p.ID, Together: true,
		Requests: []Request{{http.MethodPost, schema.SetOf(p.Table), p.create()}}}
	for _, perm := range p.Permissions {
		a.Requests = append(a.Requests, Request{http.MethodPost, schema.SetOf(schema.SpotlerPermissionTable), perm.create(p)})
	}
	d.add(a)
}

func (d *director) remove(p *Person) {
	d.People = slices.DeleteFunc(d.People, func(q *Person) bool { return q == p })
	d.add(Action{Kind: "delete", Table: string(p.Table), ID: p.ID, Requests: []Request{{http.MethodDelete, p.path(), nil}}})
}

// everybody is one bulk edit of all records.
func (d *director) everybody() {
	a := Action{Kind: "bulk edit of everybody"}
	for _, p := range d.People {
		row := map[string]any{"address1_country": "Nederland"}
		if p.title != "" {
			p.version++
			row["jobtitle"] = p.titled()
		}
		a.Requests = append(a.Requests, Request{http.MethodPatch, p.path(), row})
	}
	d.add(a)
}

// badRecords makes two records that cannot be synchronised. They are taken out
// of the cast, so that they stay as they are.
func (d *director) badRecords() {
	wrong := d.pickTitled()
	d.patch(wrong, "wrong address", map[string]any{"emailaddress1": "telefonisch doorgegeven"})
	if d.plan.Quiet {
		return
	}
	refused := d.pickTitled()
	d.patch(refused, "refused value", map[string]any{"lastname": Refused})
}

func (d *director) pickTitled() *Person {
	for i, p := range d.People {
		if i >= 10 && p.title != "" {
			d.People = slices.Delete(d.People, i, i+1)
			return p
		}
	}
	p := d.person()
	for p.title == "" {
		p = d.person()
	}
	d.add(Action{Kind: "create", Table: string(p.Table), ID: p.ID, Requests: []Request{{http.MethodPost, schema.SetOf(p.Table), p.create()}}})
	return p
}

const outageName = "day-outage"

// outage takes Spotler away; recovery brings it back.
func (d *director) outage() {
	away := control.Fault{Name: outageName, Kind: control.HTML, Status: http.StatusServiceUnavailable}
	d.add(Action{Kind: "outage begins", outage: outageBegins, spotler: []controlCall{{method: http.MethodPost, path: "/control/faults", body: away}}})
}

func (d *director) recovery() {
	d.add(Action{Kind: "outage ends", outage: outageEnds, hold: d.plan.Outage,
		spotler: []controlCall{{method: http.MethodDelete, path: "/control/faults/" + outageName}}})
}
