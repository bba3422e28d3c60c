package metadata

import (
	"fmt"
	"net/http"
)

// Refused is a definition that the metadata service does not take: the status,
// code and message of its answer (reference: dataverse-api 2.9).
type Refused struct {
	Status        int
	Code, Message string
}

func (r *Refused) Error() string { return r.Message }

// The codes of what is refused. The first three are in the reference (2.9); the
// others are *assumed*, and stand in the simulator's table of assumptions.
const (
	CodeExists     = "0x80040237" // the schema name is taken
	CodePrefix     = "0x8004431a" // the publisher's prefix does not fit
	CodePayload    = "0x80048d19" // a property that the type does not have, or of another type
	CodeArgument   = "0x80040203" // a value that cannot be
	CodeDependency = "0x8004f01f" // something else needs what was to be deleted
	CodeSystem     = "0x80047013" // a component of the platform cannot be deleted or changed so
)

func invalid(format string, args ...any) *Refused {
	return &Refused{http.StatusBadRequest, CodeArgument, fmt.Sprintf(format, args...)}
}

func exists(format string, args ...any) *Refused {
	return &Refused{http.StatusPreconditionFailed, CodeExists, fmt.Sprintf(format, args...)}
}

func garbled(format string, args ...any) *Refused {
	return &Refused{http.StatusBadRequest, CodePayload, "Error identified in Payload provided by the user for Entity :''  ---->  InnerException : Microsoft.OData.ODataException: " + fmt.Sprintf(format, args...)}
}

func needed(format string, args ...any) *Refused {
	return &Refused{http.StatusBadRequest, CodeDependency, fmt.Sprintf(format, args...)}
}

func ofPlatform(format string, args ...any) *Refused {
	return &Refused{http.StatusBadRequest, CodeSystem, fmt.Sprintf(format, args...)}
}

// notSimulated is an honest no: the platform can do it, the simulator cannot.
func notSimulated(what string) *Refused {
	return &Refused{http.StatusNotImplemented, "0x80060888", what + " is not simulated."}
}
