package spotlersim

import (
	"encoding/json"
	"net/http"
)

// ErrorType is the word in an error answer. The spellings, with and without the
// second underscore, are the API's own (reference: section 3.2).
type ErrorType string

// The complete enumeration.
const (
	InvalidParams        ErrorType = "INVALID_PARAMS"
	InvalidState         ErrorType = "INVALID_STATE"
	NameAlreadyInUse     ErrorType = "NAME_ALREADY_IN_USE"
	IDNotUnique          ErrorType = "ID_NOTUNIQUE"
	ProductNotFound      ErrorType = "PRODUCT_NOTFOUND"
	AuthNotFound         ErrorType = "AUTH_NOT_FOUND"
	NotAuthorized        ErrorType = "NOT_AUTHORIZED"
	FormNotFound         ErrorType = "FORM_NOT_FOUND"
	FormResultNotFound   ErrorType = "FORMRESULT_NOT_FOUND"
	ContactNotFound      ErrorType = "CONTACT_NOT_FOUND"
	ContactOptOut        ErrorType = "CONTACT_OPTOUT"
	ContactAlreadyExists ErrorType = "CONTACT_ALREADY_EXISTS"
	InvalidProperty      ErrorType = "INVALID_PROPERTY"
	BackendException     ErrorType = "BACKEND_EXCEPTION"
	ResourceNotFound     ErrorType = "RESOURCE_NOT_FOUND"
	TriggerNotFound      ErrorType = "TRIGGER_NOTFOUND"
	CampaignNotFound     ErrorType = "CAMPAIGN_NOTFOUND"
	OrderNotFound        ErrorType = "ORDER_NOTFOUND"
	MailingNotFound      ErrorType = "MAILING_NOTFOUND"
	InvalidMailing       ErrorType = "INVALID_MAILING"
)

// Code is the word in one element of the answer to POST /contact/list. It
// spells the property error the other way round than ErrorType does.
type Code string

// The complete enumeration.
const (
	CodeOK              Code = "OK"
	CodePropertyInvalid Code = "PROPERTY_INVALID"
	CodeAlreadyExists   Code = "CONTACT_ALREADY_EXISTS"
	CodeUnknown         Code = "CONTACT_UNKNOWN"
	CodeOptOut          Code = "CONTACT_OPTOUT"
	CodeNoActiveChannel Code = "NO_ACTIVE_CHANNEL"
	CodeError           Code = "ERROR"
)

// Valid reports whether c is one of the enumeration.
func (c Code) Valid() bool {
	switch c {
	case CodeOK, CodePropertyInvalid, CodeAlreadyExists, CodeUnknown, CodeOptOut, CodeNoActiveChannel, CodeError:
		return true
	}
	return false
}

// refusal is an error answer.
type refusal struct {
	Status  int       `json:"-"`
	Type    ErrorType `json:"errorType"`
	Message string    `json:"message"`
}

func refuse(status int, kind ErrorType, message string) *refusal {
	return &refusal{Status: status, Type: kind, Message: message}
}

func (no *refusal) write(w http.ResponseWriter) {
	b, _ := json.Marshal(no)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(no.Status)
	_, _ = w.Write(b)
}

// problem is why one contact was not written, in both spellings.
type problem struct {
	code     Code
	status   int
	kind     ErrorType
	message  string
	property string // for the journal only: the API does not tell
}

func (p *problem) refusal() *refusal { return refuse(p.status, p.kind, p.message) }

func badProperty(name string) *problem {
	return &problem{CodePropertyInvalid, http.StatusBadRequest, InvalidProperty, "Property is invalid", name}
}

func badEmail() *problem {
	return &problem{CodePropertyInvalid, http.StatusBadRequest, InvalidProperty, "Email is invalid", emailProperty}
}

// notFound is the answer for an externalId that no contact has.
func (a *Assumptions) notFound() *refusal {
	return refuse(a.NotFoundStatus, ContactNotFound, "Contact not found")
}
