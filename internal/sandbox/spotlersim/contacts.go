package spotlersim

import (
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"slices"
	"strings"
)

// contact is one person in an account. It is guarded by the account's mutex.
type contact struct {
	ids       map[string]string // id field → external id; several systems may know the contact
	encrypted string
	created   int64 // epoch milliseconds
	changed   int64
	seq       uint64 // of its newest entry in account.changes
	place     int    // in account.contacts
	testGroup bool
	temporary bool
	state     State
	soft      int            // soft bounces in a row
	values    map[string]any // text, int64 or bits; only what has data
}

// write flags of a request (reference: section 4.3).
type flags struct{ update, purge bool }

// postContact is POST /contact.
func (c *call) postContact() (any, *refusal) {
	req, no := c.readContact()
	if no != nil {
		return nil, no
	}
	if req.Contact.ExternalID == "" {
		return nil, refuse(http.StatusBadRequest, InvalidParams, "Contact without externalId found")
	}
	return c.writeOne(req, func(d *draft) (Code, *problem) {
		return c.upsert(d, flags{req.Update, req.Purge})
	})
}

// putContact is PUT /contact/{externalId}. The body's externalId, when it
// differs, renames the contact if nobody has it yet (reference: G17).
func (c *call) putContact() (any, *refusal) {
	req, no := c.readContact()
	if no != nil {
		return nil, no
	}
	return c.writeOne(req, func(d *draft) (Code, *problem) {
		found := c.account.byID[c.key.field][c.args[0]]
		if found == nil {
			return "", &problem{code: CodeUnknown, status: c.rules.NotFoundStatus, kind: ContactNotFound, message: "Contact not found"}
		}
		if d.id != "" && d.id != c.args[0] && c.account.byID[c.key.field][d.id] != nil {
			return "", &problem{code: CodeError, status: http.StatusBadRequest, kind: IDNotUnique, message: "externalId must be unique"}
		}
		if d.id == "" {
			d.id = c.args[0]
		}
		return c.update(found, d, req.Purge)
	})
}

// writeOne checks one contact, applies it under the lock and journals it.
func (c *call) writeOne(req *contactRequest, apply func(*draft) (Code, *problem)) (any, *refusal) {
	a := c.account
	d, wrong := req.Contact.check(a.schema.Load(), c.rules)
	a.mu.Lock()
	defer a.mu.Unlock()
	code := CodeOK
	if wrong == nil {
		wrong = a.rejected(d)
	}
	if wrong == nil {
		code, wrong = apply(d)
	}
	if d.id == "" && len(c.args) > 0 {
		d.id = c.args[0]
	}
	c.note(d, code, wrong)
	if wrong != nil {
		return nil, wrong.refusal()
	}
	return noContent{}, nil
}

// upsert writes d the way POST does: it finds the contact by external id and by
// e-mail address, and creates it when there is none (reference: section 4.4).
func (c *call) upsert(d *draft, f flags) (Code, *problem) {
	a := c.account
	target := a.byID[c.key.field][d.id]
	if target == nil && d.email != "" && c.rules.DedupeEmail {
		target = a.withEmail(d.email)
	}
	switch {
	case target != nil && !f.update:
		return "", &problem{code: CodeAlreadyExists, status: http.StatusBadRequest, kind: ContactAlreadyExists, message: "Contact already exists"}
	case target != nil:
		return c.update(target, d, f.purge)
	case f.update && !c.rules.UpdateCreates:
		return "", &problem{code: CodeUnknown, status: c.rules.NotFoundStatus, kind: ContactNotFound, message: "Contact not found"}
	case d.email == "" && c.rules.EmailRequired:
		return "", badEmail()
	}
	fresh := a.create(a.stamp(c.sim.clock()))
	a.rename(fresh, c.key.field, d.id)
	a.apply(fresh, d, false)
	a.touch(fresh, c.sim.clock(), c.rules.EchoUpdates)
	return CodeOK, nil
}

// update writes d to a contact that exists. An external id that differs is
// overwritten, and the old one is forgotten.
func (c *call) update(target *contact, d *draft, purge bool) (Code, *problem) {
	a := c.account
	if target.state == OptedOut && c.rules.OptOutWrites == "reject" {
		return "", &problem{code: CodeOptOut, status: http.StatusBadRequest, kind: ContactOptOut, message: "Contact is opted out"}
	}
	if other := a.withEmail(d.email); other != nil && other != target && c.rules.DedupeEmail {
		if c.rules.EmailClash == "reject" {
			return "", badEmail()
		}
		a.remove(other)
	}
	a.rename(target, c.key.field, d.id)
	a.apply(target, d, purge)
	a.touch(target, c.sim.clock(), c.rules.EchoUpdates)
	if target.state == Permanent {
		return c.rules.PermanentCode, nil
	}
	return CodeOK, nil
}

// apply puts the values of d into target.
func (a *account) apply(target *contact, d *draft, purge bool) {
	if d.testGroup != nil {
		target.testGroup = *d.testGroup
	}
	if purge {
		a.purge(target)
	}
	for _, ch := range d.changes {
		name := ch.property.Name
		if name == emailProperty {
			a.setEmail(target, d.email)
			continue
		}
		switch v := ch.value.(type) {
		case cleared:
			delete(target.values, name)
		case setChange:
			old, _ := target.values[name].(bits)
			target.values[name] = bits(uint64(old)&^v.named | v.on)
		default:
			target.values[name] = v
		}
	}
	if target.state == OptedOut {
		a.noPermissions(target) // an accepted write cannot undo an opt-out
	}
}

// purge empties what a purging write does not mention: everything but the
// address. Sets keep existing, with every option off.
func (a *account) purge(target *contact) {
	for name, v := range target.values {
		if _, isSet := v.(bits); isSet {
			target.values[name] = bits(0)
		} else if name != emailProperty {
			delete(target.values, name)
		}
	}
}

// create adds an empty contact.
func (a *account) create(at int64) *contact {
	c := &contact{
		ids: make(map[string]string, 1), created: at, changed: at, place: len(a.contacts), values: make(map[string]any, 12),
		encrypted: a.opaque(), state: Active,
	}
	a.contacts = append(a.contacts, c)
	a.live++
	return c
}

// opaque returns an identifier that tells nothing.
func (a *account) opaque() string {
	var b [9]byte
	binary.LittleEndian.PutUint64(b[:], a.rand.Uint64())
	b[8] = byte(a.rand.Uint32())
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// rename gives target the external id of a field.
func (a *account) rename(target *contact, field, id string) {
	old, has := target.ids[field]
	if has && old == id {
		return
	}
	if has {
		delete(a.byID[field], old)
	}
	if id == "" {
		delete(target.ids, field)
		return
	}
	target.ids[field] = id
	a.byID[field][id] = target
}

// withEmail returns the first contact with that address, or nil.
func (a *account) withEmail(address string) *contact {
	if address == "" {
		return nil
	}
	if same := a.byEmail[strings.ToLower(address)]; len(same) > 0 {
		return same[0]
	}
	return nil
}

// setEmail gives target an address, "" for none. A new address makes a bounced
// contact active again (reference: section 4.5).
func (a *account) setEmail(target *contact, address string) {
	old, _ := target.values[emailProperty].(string)
	oldFold, fold := strings.ToLower(old), strings.ToLower(address)
	if address == "" {
		delete(target.values, emailProperty)
	} else {
		target.values[emailProperty] = address
	}
	if oldFold == fold {
		return
	}
	if old != "" {
		a.unlistEmail(target, oldFold)
		target.revive()
	}
	if address != "" {
		a.byEmail[fold] = append(a.byEmail[fold], target)
	}
}

func (a *account) unlistEmail(target *contact, fold string) {
	same := slices.DeleteFunc(a.byEmail[fold], func(c *contact) bool { return c == target })
	if len(same) == 0 {
		delete(a.byEmail, fold)
		return
	}
	a.byEmail[fold] = same
}

// remove takes a contact out of the account.
func (a *account) remove(target *contact) {
	for field, id := range target.ids {
		delete(a.byID[field], id)
	}
	if address, ok := target.values[emailProperty].(string); ok {
		a.unlistEmail(target, strings.ToLower(address))
	}
	a.lists.forget(target)
	a.flows.forget(target)
	delete(a.tags.of, target)
	a.contacts[target.place] = nil
	a.live--
	target.seq = 0 // its entries in the changes mean nobody any more
}
