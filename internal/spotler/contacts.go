package spotler

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	connector "github.com/spotler-connector/connector"
)

// Contact is a person as Spotler holds them (Mail+ API section 4.1).
type Contact struct {
	ExternalID  connector.ExternalID // empty for contacts that were made in Spotler
	EncryptedID string               // Spotler's own reference; read only
	Created     time.Time            // read only; zero when not told
	LastChanged time.Time            // read only; zero when not told
	// TestGroup is membership of the test group. It is written only when true, so
	// that a sync never removes somebody from it by accident.
	TestGroup bool
	Temporary bool // lives only in a static list; read only
	// Properties holds the fields by internal name. Read values are string,
	// json.Number, bool, []any or map[string]any; on reading only fields with data
	// are there. To write a set use []SetItem; to clear a field use nil.
	Properties map[string]any
	// Channels says by which ways the person can be reached. It is written only
	// when not empty.
	Channels []Channel
}

// Channel is a way to reach a person.
type Channel struct {
	Name  string // ChannelEmail or ChannelSMS
	Value bool
}

// The channels that are known.
const (
	ChannelEmail = "EMAIL"
	ChannelSMS   = "SMS"
)

// SetItem is one option of a set property as it is written.
type SetItem struct {
	Bit     int64 `json:"bit"`
	Enabled bool  `json:"enabled"`
}

// Write says how a contact is written (Mail+ API section 4.3).
type Write struct {
	// Update lets an existing contact be changed; a missing one is created anyway.
	Update bool
	// Purge clears the properties that are not sent.
	Purge bool
}

// Channel reports whether the channel is open; known is false when Spotler did
// not say.
func (c Contact) Channel(name string) (value, known bool) {
	for _, ch := range c.Channels {
		if ch.Name == name {
			return ch.Value, true
		}
	}
	return false, false
}

// SetBits is the state of each option of a set property that Spotler told. An
// option that is not a key was not told, which is not "off". An item whose bit or
// state cannot be read is left out. It is nil when the property is absent or not a set.
func (c Contact) SetBits(name string) map[int64]bool {
	switch v := c.Properties[name].(type) {
	case []SetItem:
		bits := make(map[int64]bool, len(v))
		for _, item := range v {
			bits[item.Bit] = item.Enabled
		}
		return bits
	case []any:
		bits := make(map[int64]bool, len(v))
		for _, item := range v {
			m, _ := item.(map[string]any)
			bit, bitOK := wholeNumber(m["bit"])
			on, onOK := truth(m["enabled"])
			if bitOK && onOK {
				bits[bit] = on
			}
		}
		return bits
	}
	return nil
}

func wholeNumber(v any) (int64, bool) {
	var s string
	switch v := v.(type) {
	case json.Number:
		s = string(v)
	case string:
		s = v
	}
	n, err := strconv.ParseInt(strings.TrimSuffix(s, ".0"), 10, 64)
	return n, err == nil
}

func truth(v any) (value, known bool) {
	switch v := v.(type) {
	case bool:
		return v, true
	case string:
		switch strings.ToLower(v) {
		case "true":
			return true, true
		case "false":
			return false, true
		}
	}
	return false, false
}

// Contact reads one contact (Mail+ API 5.1 no. 2); fault.NotFound when absent.
func (c *Client) Contact(ctx context.Context, id connector.ExternalID) (Contact, error) {
	return read(ctx, c, call{op: "spotler.Contact", path: "contact.get", id: string(id)}, c.decodeContact)
}

// PostContact creates a contact, or changes it when w.Update (Mail+ API 5.1 no. 4).
func (c *Client) PostContact(ctx context.Context, p Contact, w Write) error {
	if p.ExternalID == "" {
		return noExternalID("spotler.PostContact")
	}
	return c.write(ctx, call{op: "spotler.PostContact", path: "contact.post"}, p, w)
}

// PutContact changes the contact with that id; fault.NotFound when absent (Mail+
// API 5.1 no. 3). A contact without an id of its own gets this one.
func (c *Client) PutContact(ctx context.Context, id connector.ExternalID, p Contact, w Write) error {
	if p.ExternalID == "" {
		p.ExternalID = id
	}
	return c.write(ctx, call{op: "spotler.PutContact", path: "contact.put", id: string(id)}, p, w)
}

func (c *Client) write(ctx context.Context, k call, p Contact, w Write) error {
	body, err := c.dates.appendRequest(nil, w, p)
	if err != nil {
		return unwritable(k.op, err)
	}
	k.body, k.secret = body, personal(p)
	_, err = c.do(ctx, k)
	return err
}

// wireContact takes any value for any field, so that one odd field does not hide the others.
type wireContact struct {
	ExternalID  json.RawMessage `json:"externalId"`
	EncryptedID json.RawMessage `json:"encryptedId"`
	Created     json.RawMessage `json:"created"`
	LastChanged json.RawMessage `json:"lastChanged"`
	TestGroup   json.RawMessage `json:"testGroup"`
	Temporary   json.RawMessage `json:"temporary"`
	Properties  json.RawMessage `json:"properties"`
	Channels    json.RawMessage `json:"channels"`
}

var (
	errNoContact    = errors.New("the answer is not a contact")
	errNoProperties = errors.New("the properties of a contact are not an object")
)

// decodeContact reads a contact. Fields of a wrong type are left empty, except
// the properties: an absent property counts as emptied, so those must be sound.
func (c *Client) decodeContact(body []byte) (Contact, error) {
	var w wireContact
	if len(body) == 0 || body[0] != '{' || json.Unmarshal(body, &w) != nil {
		return Contact{}, errNoContact
	}
	p := Contact{
		ExternalID: connector.ExternalID(text(w.ExternalID)), EncryptedID: text(w.EncryptedID),
		Created: c.dates.raw(w.Created), LastChanged: c.dates.raw(w.LastChanged),
		TestGroup: text(w.TestGroup) == "true", Temporary: text(w.Temporary) == "true",
		Channels: decodeChannels(w.Channels),
	}
	if len(w.Properties) > 0 && string(w.Properties) != "null" {
		d := json.NewDecoder(bytes.NewReader(w.Properties))
		d.UseNumber() // bits are 64 bits wide
		if d.Decode(&p.Properties) != nil {
			return p, errNoProperties
		}
	}
	if p.ExternalID == "" && p.EncryptedID == "" && p.Properties == nil {
		return Contact{}, errNoContact
	}
	return p, nil
}

func decodeChannels(raw json.RawMessage) []Channel {
	var wire []struct {
		Name  json.RawMessage `json:"name"`
		Value json.RawMessage `json:"value"`
	}
	if len(raw) == 0 || json.Unmarshal(raw, &wire) != nil {
		return nil
	}
	channels := make([]Channel, 0, len(wire))
	for _, w := range wire {
		if on, known := truth(text(w.Value)); known {
			channels = append(channels, Channel{Name: text(w.Name), Value: on})
		}
	}
	return channels
}
