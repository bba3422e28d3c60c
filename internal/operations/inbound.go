package operations

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/spotler"
	"github.com/spotler-connector/connector/internal/store"
)

// Inbound is one person as Spotler told of them, on the way to Dataverse. It travels
// in the arguments of an op, encrypted, so that a window of ten thousand changes
// needs no second look at Spotler.
type Inbound struct {
	ExternalID  connector.ExternalID `json:"id,omitempty"`
	EncryptedID string               `json:"ref,omitempty"`
	Changed     time.Time            `json:"changed,omitzero"` // by Spotler's clock
	ReadAt      time.Time            `json:"read"`             // by ours
	Properties  map[string]any       `json:"properties,omitempty"`
	Channels    []spotler.Channel    `json:"channels,omitempty"`
	// Unlisted are mapped properties that Spotler's own list did not have in the same
	// window, or had with another type: their absence means nothing.
	Unlisted []string `json:"unlisted,omitempty"`
	// Bounce is set when a message came back; then nothing else counts.
	Bounce spotler.BounceType `json:"bounce,omitempty"`
	// Adopt says that the external id in Spotler becomes the id of the record.
	Adopt bool `json:"adopt,omitempty"`
}

// inboundOf is what an op carries of a contact: the values that the mapping knows.
func inboundOf(c spotler.Contact, wanted map[string]bool, readAt time.Time) Inbound {
	in := Inbound{ExternalID: c.ExternalID, EncryptedID: c.EncryptedID, Changed: c.LastChanged, ReadAt: readAt, Channels: c.Channels}
	for name, v := range c.Properties {
		if wanted[name] {
			if in.Properties == nil {
				in.Properties = make(map[string]any, len(wanted))
			}
			in.Properties[name] = v
		}
	}
	return in
}

// contact is the person as the Spotler client shows them.
func (in Inbound) contact() spotler.Contact {
	return spotler.Contact{ExternalID: in.ExternalID, EncryptedID: in.EncryptedID, LastChanged: in.Changed, Properties: in.Properties, Channels: in.Channels}
}

// listed reports whether the absence of a property means that it is empty.
func (in Inbound) listed(property string) bool { return !slices.Contains(in.Unlisted, property) }

// gone reports whether the contact was anonymised: Spotler keeps nobody without an
// address.
func (in Inbound) gone() bool {
	_, there := in.Properties["email"]
	return !there && in.Bounce == "" && in.listed("email")
}

// key tells one state of one contact from every other: a window that overlaps the
// last one brings nothing new.
func (e *Environment) inboundKey(in Inbound) string {
	who := string(in.ExternalID) + "\x1f" + in.EncryptedID
	if in.EncryptedID != "" {
		who = in.EncryptedID
	}
	what := strconv.FormatInt(in.Changed.UnixMilli(), 10)
	if in.Bounce != "" { // what else is told of the person may have changed since
		return "spotler/" + e.hash("contact\x1f"+who) + "/" + what + "/" + string(in.Bounce)
	}
	return "spotler/" + e.hash("contact\x1f"+who) + "/" + what + "/" + e.hash(fmt.Sprint("state\x1f", in.Properties, in.Channels, in.Unlisted))[:16]
}

// PutInbound asks for the work of taking in into a lane.
func (e *Environment) putInbound(lane store.Lane, in Inbound, key string) (store.Put, error) {
	args, err := Arguments{Inbound: &in}.Encode()
	if err != nil {
		return store.Put{}, err
	}
	class := store.Live
	if ch, known := in.contact().Channel("EMAIL"); known && !ch {
		class = store.Consent // somebody does not want mail any more
	}
	return store.Put{Environment: e.Name, Lane: lane, Operation: connector.FromSpotler, Class: class, Source: "poll", Arguments: args, Key: key}, nil
}
