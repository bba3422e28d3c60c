package people

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/schema"
)

// Person is one record in Dataverse with its Spotler Permission rows. It is
// kept up to date while a day is being written.
type Person struct {
	Table       connector.Table // contact, lead or account
	ID          string          // GUID, lower case
	Row         map[string]any  // as it is first written, without the id
	Permissions []Permission

	title   string // job title without its version
	version int
	email   string
	active  bool
}

// Permission is one Spotler Permission row.
type Permission struct {
	ID         string
	Name       string // of a permission in Spotler
	Subscribed bool
}

// Permissions are the names that a usual account knows.
var Permissions = []string{"Nieuwsbrief", "Productinfo", "Acties", "Evenementen"}

// Cast makes up people from a seed. The same seed makes up the same people.
type Cast struct {
	People []*Person

	rand    *rand.Rand
	counter int
}

// Populate makes up n people: mostly contacts, some leads and accounts, most of
// them with Spotler Permission rows, and one in fifty at somebody else's address.
func Populate(seed uint64, n int) *Cast {
	c := &Cast{rand: rand.New(rand.NewPCG(seed, 0x9e091e))}
	for i := range n {
		p := c.person()
		if i > 0 && i%50 == 49 {
			p.setEmail(c.People[c.rand.IntN(i)].email)
		}
		c.People = append(c.People, p)
	}
	return c
}

// copy returns a cast that can change while c stays as it is.
func (c *Cast) copy() *Cast {
	out := &Cast{rand: rand.New(rand.NewPCG(c.rand.Uint64(), 0xda1)), counter: c.counter}
	for _, p := range c.People {
		clone := *p
		clone.Permissions = slices.Clone(p.Permissions)
		out.People = append(out.People, &clone)
	}
	return out
}

func (c *Cast) person() *Person {
	c.counter++
	p := &Person{ID: c.guid(), Row: map[string]any{}, active: true, version: 1}
	switch roll := c.rand.IntN(100); {
	case roll < 80:
		p.Table = connector.Contact
	case roll < 92:
		p.Table = connector.Lead
	default:
		p.Table = connector.Account
	}
	if p.Table == connector.Account {
		c.company(p)
	} else {
		c.human(p)
	}
	c.move(p.Row)
	if c.rand.IntN(100) < 5 {
		p.Row["donotbulkemail"] = true
	}
	if c.rand.IntN(100) < 85 {
		c.permit(p)
	}
	return p
}

func (c *Cast) human(p *Person) {
	first, last := pick(c.rand, firstNames), surnames[c.rand.IntN(len(surnames))]
	p.title = pick(c.rand, titles)
	p.Row["firstname"], p.Row["lastname"], p.Row["jobtitle"] = first, last[1], p.titled()
	if last[0] != "" {
		p.Row["middlename"] = last[0]
	}
	if p.Table == connector.Contact && c.rand.IntN(10) < 7 {
		p.Row["birthdate"] = fmt.Sprintf("%04d-%02d-%02d", 1940+c.rand.IntN(65), 1+c.rand.IntN(12), 1+c.rand.IntN(28))
	}
	if p.Table == connector.Lead {
		p.Row["subject"] = "Aanvraag " + fmt.Sprint(c.counter)
		p.Row["companyname"] = c.companyName()
	}
	p.setEmail(c.address(first, last[1]))
}

func (c *Cast) company(p *Person) {
	name := c.companyName()
	p.Row["name"] = name
	p.setEmail(c.address("info", name))
}

func (c *Cast) companyName() string {
	return pick(c.rand, companies) + " " + pick(c.rand, companyForms)
}

// address returns an address that nobody else has.
func (c *Cast) address(first, last string) string {
	return fmt.Sprintf("%s.%s.%d@%s.example", simple(first), simple(last), c.counter, simple(pick(c.rand, companies)))
}

// move gives a row another place to live.
func (c *Cast) move(row map[string]any) {
	at := places[c.rand.IntN(len(places))]
	code := at.postcode
	if strings.HasSuffix(code, " ") {
		code += string([]byte{byte('A' + c.rand.IntN(26)), byte('A' + c.rand.IntN(26))})
	}
	row["address1_line1"] = fmt.Sprint(pick(c.rand, streets), " ", 1+c.rand.IntN(240))
	row["address1_postalcode"], row["address1_city"], row["address1_country"] = code, at.city, at.country
}

// permit gives p between one and all of the permissions.
func (c *Cast) permit(p *Person) {
	for i, at := range c.rand.Perm(len(Permissions)) {
		if i > 0 && c.rand.IntN(4) == 0 {
			continue
		}
		p.Permissions = append(p.Permissions, Permission{ID: c.guid(), Name: Permissions[at], Subscribed: c.rand.IntN(3) > 0})
	}
}

func (c *Cast) guid() string {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:], c.rand.Uint64())
	binary.LittleEndian.PutUint64(b[8:], c.rand.Uint64())
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func (p *Person) setEmail(address string) {
	p.email = address
	p.Row["emailaddress1"] = address
}

// titled is the job title with the version behind it, by which the order of
// what arrives in Spotler can be checked.
func (p *Person) titled() string { return fmt.Sprintf("%s v%d", p.title, p.version) }

// path is where the person is in the Web API.
func (p *Person) path() string { return schema.SetOf(p.Table) + "(" + p.ID + ")" }

// create is the row with its id.
func (p *Person) create() map[string]any {
	t, _ := schema.Of(p.Table)
	row := map[string]any{t.Key: p.ID}
	for k, v := range p.Row {
		row[k] = v
	}
	return row
}

// create is the Spotler Permission row of p.
func (perm Permission) create(p *Person) map[string]any {
	t := schema.SpotlerPermission()
	column := "dh_customer"
	if p.Table == connector.Lead {
		column = "dh_lead"
	}
	to, _ := t.Column(column)
	return map[string]any{t.Key: perm.ID, "dh_name": perm.Name, "dh_subscribed": perm.Subscribed, to.Navigation(p.Table) + "@odata.bind": "/" + p.path()}
}

// Plant puts everybody into Dataverse at once and without events, as if they
// had always been there.
func (c *Cast) Plant(ctx context.Context, w *World) error {
	rows := map[string][]map[string]any{}
	permissions := schema.SetOf(schema.SpotlerPermissionTable)
	for _, p := range c.People {
		set := schema.SetOf(p.Table)
		rows[set] = append(rows[set], p.create())
		for _, perm := range p.Permissions {
			rows[permissions] = append(rows[permissions], perm.create(p))
		}
	}
	for _, set := range []string{"accounts", "contacts", "leads", permissions} {
		if len(rows[set]) == 0 {
			continue
		}
		if err := w.control(ctx, w.Dataverse, controlCall{method: http.MethodPost, path: "/control/rows/" + set, body: rows[set]}); err != nil {
			return err
		}
	}
	return nil
}

func pick(r *rand.Rand, from []string) string { return from[r.IntN(len(from))] }

// simple is s as it can stand in an address.
func simple(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(s)) + "x"
}
