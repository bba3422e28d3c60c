package connector

// ExternalID is what Spotler stores to point back at the source system. Anyone
// can type into it, so it is not a RecordID until RecordID says so. It is kept
// exactly as Spotler spells it.
type ExternalID string

// RecordID reports which Dataverse row x points at. False means the contact is
// a new subscriber (manual: "New Subscribers").
func (x ExternalID) RecordID() (RecordID, bool) {
	id, err := ParseRecordID(string(x))
	return id, err == nil
}

// ExternalIDOf is the external id under which id is first written to Spotler.
func ExternalIDOf(id RecordID) ExternalID { return ExternalID(id) }
