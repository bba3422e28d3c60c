package spotlersim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// Assumptions are the answers to questions that no published source settles.
// A test that would break when one of them flips has found a place where the
// connector depends on a guess.
type Assumptions struct {
	AnonymizeStatus    int    `json:"anonymize_status"`
	AuthStatus         int    `json:"auth_status"`
	NotFoundStatus     int    `json:"not_found_status"`
	ClockSkew          int    `json:"clock_skew"`
	NonceReplay        bool   `json:"nonce_replay"`
	DedupeEmail        bool   `json:"dedupe_email"`
	EmailClash         string `json:"email_clash"`
	EmailRequired      bool   `json:"email_required"`
	UpdateCreates      bool   `json:"update_creates"`
	ForeignPostcodes   bool   `json:"foreign_postcodes"`
	OptOutWrites       string `json:"optout_writes"`
	PermanentCode      Code   `json:"permanent_code"`
	AnonymizedUpdates  bool   `json:"anonymized_in_updates"`
	EchoUpdates        bool   `json:"echo_updates"`
	PageShape          string `json:"page_shape"`
	DateShape          string `json:"date_shape"`
	PageSizeRequired   string `json:"page_size_required"`
	RatePerSecond      int    `json:"rate_per_second"`
	OpenedEach         bool   `json:"opened_each"`
	AllStreamed        bool   `json:"all_streamed"`
	UnsubscribedStream bool   `json:"unsubscribed_stream"`
	AutomationList     string `json:"automation_list"`
	AutomationFields   bool   `json:"automation_fields"`
	AutomationStop     bool   `json:"automation_stop"`
	Tags               bool   `json:"tags"`
	ProductUpdateMakes bool   `json:"product_update_creates"`
	EmptyDelete        string `json:"empty_delete"`
	MaxLists           int    `json:"max_lists"`
	Contract2022       bool   `json:"contract_2022"`
}

// The words that some assumptions take.
const (
	byBase = "by_base" // as the base of the request does it
)

// DefaultAssumptions returns what the reference deems most likely.
func DefaultAssumptions() Assumptions {
	return Assumptions{
		AnonymizeStatus: 410, AuthStatus: 401, NotFoundStatus: 404, ClockSkew: 300, NonceReplay: true,
		DedupeEmail: true, EmailClash: "reject", EmailRequired: true, UpdateCreates: true,
		OptOutWrites: "reject", PermanentCode: CodeNoActiveChannel, EchoUpdates: true,
		PageShape: byBase, DateShape: byBase, PageSizeRequired: byBase, AllStreamed: true,
		AutomationList: automationListPath, AutomationFields: true, AutomationStop: true, Tags: true, ProductUpdateMakes: true,
		EmptyDelete: "nobody", MaxLists: 1000,
	}
}

// about tells what each assumption is, where it comes from, and what it may be;
// no choices means any number or either truth.
var about = []struct {
	name, source, says string
	choices            []string
}{
	{"anonymize_status", "G6", "what PUT /contact/anonymize answers the first time; 404 afterwards", []string{"410", "204"}},
	{"auth_status", "2.4, G7", "what a wrong key or signature is answered with", []string{"401", "403"}},
	{"not_found_status", "12", "what an unknown externalId is answered with", []string{"404", "400"}},
	{"clock_skew", "2.2", "seconds that oauth_timestamp may differ; 0 does not check", nil},
	{"nonce_replay", "2.2", "refuse a nonce that was used before", nil},
	{"dedupe_email", "4.4", "a known e-mail address means the same contact", nil},
	{"email_clash", "G17", "externalId says one contact and e-mail another: refuse the write, or merge them", []string{"reject", "merge"}},
	{"email_required", "4.3", "a contact without an e-mail address is invalid", nil},
	{"update_creates", "4.3", "update:true creates a contact that does not exist", nil},
	{"foreign_postcodes", "G14", "accept postcodes that are not Dutch", nil},
	{"optout_writes", "4.5", "a write to somebody who opted out is refused, or accepted without effect on the opt-out", []string{"reject", "accept"}},
	{"permanent_code", "G19", "the code in /contact/list for somebody made inactive by hand", []string{"NO_ACTIVE_CHANNEL", "CONTACT_OPTOUT", "OK"}},
	{"anonymized_in_updates", "5.1 #8", "show anonymised contacts in the updates, without data", nil},
	{"echo_updates", "5.1 #8", "show contacts that were changed by the API itself in the updates", nil},
	{"page_shape", "3.7", "updates, bounces and search as arrays or wrapped with paging", []string{byBase, "arrays", "wrapped"}},
	{"date_shape", "3.7", "dates of a contact as epoch milliseconds or ISO 8601", []string{byBase, "millis", "iso"}},
	{"page_size_required", "3.6", "refuse updates, bounces and search without pageSize", []string{byBase, "yes", "no"}},
	{"rate_per_second", "G8", "requests per second and account before 429; 0 does not limit", nil},
	{"opened_each", "5.9", "the stream of opens has a record for every open, instead of one per contact and mailing that changes", nil},
	{"all_streamed", "G9", "the streams have the interactions with mailings of campaigns and automations, too", nil},
	{"unsubscribed_stream", "G10", "there is a stream of unsubscribes", nil},
	{"automation_list", "G1", "where the automations are listed", []string{automationListPath, automationRootPath, "nowhere"}},
	{"automation_fields", "G2", "a trigger of an automation takes fields and answers with the id of the run", nil},
	{"automation_stop", "G3", "runs of automations can be stopped", nil},
	{"tags", "G4", "there are calls for tags and scores", nil},
	{"product_update_creates", "4.3", "update:true creates a product or order that does not exist", nil},
	{"empty_delete", "5.3 #20", "whom DELETE /audience/{externalId}/contact removes when its list of contacts is there, but empty", []string{"nobody", "everybody"}},
	{"max_lists", "3.4", "audiences, and temporary lists, that an account may have; 0 does not limit", nil},
	{"contract_2022", "11", "answer 404 to everything the published contract of 2022 does not have", nil},
}

// Check returns what cannot be assumed, or nil.
func (a Assumptions) Check() error {
	values := a.values()
	for _, q := range about {
		got := fmt.Sprint(values[q.name])
		if q.choices != nil && !slices.Contains(q.choices, got) {
			return fmt.Errorf("assumption %s cannot be %q: choose one of %v", q.name, got, q.choices)
		}
	}
	if a.ClockSkew < 0 || a.RatePerSecond < 0 || a.MaxLists < 0 {
		return fmt.Errorf("assumptions clock_skew, rate_per_second and max_lists cannot be below 0")
	}
	return nil
}

func (a Assumptions) values() map[string]any {
	b, _ := json.Marshal(a)
	out := map[string]any{}
	_ = json.Unmarshal(b, &out)
	return out
}

// with returns a with the members of a JSON object changed.
func (a Assumptions) with(object []byte) (Assumptions, error) {
	d := json.NewDecoder(bytes.NewReader(object))
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil {
		return a, err
	}
	return a, a.Check()
}

// arrays reports whether lists are answered bare on that base.
func (a *Assumptions) arrays(base string) bool {
	return a.PageShape == "arrays" || a.PageShape == byBase && base == BaseV110
}

// millis reports whether dates are answered as numbers on that base.
func (a *Assumptions) millis(base string) bool {
	return a.DateShape == "millis" || a.DateShape == byBase && base == BaseV110
}

// needsPageSize reports whether pageSize is required on that base.
func (a *Assumptions) needsPageSize(base string) bool {
	return a.PageSizeRequired == "yes" || a.PageSizeRequired == byBase && base == BaseCurrent
}
