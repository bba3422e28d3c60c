package dataverse

import (
	"errors"

	connector "github.com/spotler-connector/connector"
)

var (
	errNoKey  = errors.New("a row has no key")
	errNoGUID = errors.New("an id is not a GUID")
)

// recordID reads a GUID. The nil GUID and the empty text are "" and no error: both
// are how Dataverse says that there is none. The error does not repeat the text.
func recordID(s string) (connector.RecordID, error) {
	if s == "" || s == string(connector.NilRecordID) {
		return "", nil
	}
	if plainGUID(s) { // nearly always; the general parser costs ten times as much
		return connector.RecordID(s), nil
	}
	id, err := connector.ParseRecordID(s)
	if err != nil {
		return "", errNoGUID
	}
	return id, nil
}

// plainGUID reports whether s is a GUID in the form that RecordID uses.
func plainGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range 36 {
		c := s[i]
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash && c != '-' || !dash && (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
