package connector

import "fmt"

// Operation is the number Dataverse stores in dh_operation.
type Operation int

// The seventeen operations (manual: "Spotler Jobs", Operations). The numbers are
// written out because they are stored elsewhere and searching for one must find it.
const (
	SyncList           Operation = 480000000
	StartAutomation    Operation = 480000001
	StopAutomation     Operation = 480000002
	AddToAudience      Operation = 480000003
	RefreshAutomations Operation = 480000004
	DeactivateContact  Operation = 480000005
	SyncContact        Operation = 480000006
	PurgeContact       Operation = 480000007
	AnonymizeContact   Operation = 480000008
	AddTag             Operation = 480000009
	RemoveTag          Operation = 480000010
	SetScore           Operation = 480000011
	IncreaseScore      Operation = 480000012
	DecreaseScore      Operation = 480000013
	RemoveFromAudience Operation = 480000014
	SetContactField    Operation = 480000015
	ClearContactField  Operation = 480000016
)

// FromSpotler is the work of taking what changed in Spotler into Dataverse. It is
// ours alone: no job row can ask for it (manual: "Syncing from Spotler to Dynamics
// 365").
const FromSpotler Operation = 1

// fromSpotler is its row beside the table of the seventeen.
var fromSpotler = Spec{Operation: FromSpotler, Label: "From Spotler", Repeat: Harmless}

// Needs says what a job must carry, as a set.
type Needs int

// What a job can carry.
const (
	NeedsCustomer   Needs = 1 << iota // dh_customer or dh_lead
	NeedsName                         // dh_parametername
	NeedsValue                        // dh_parametervalue
	NeedsList                         // dh_list
	NeedsAutomation                   // dh_automation, or dh_automationcontactid
)

// Repeat says what a second run of an operation does.
type Repeat string

// An operation either may run again at will, or counts up, or starts something anew.
const (
	Harmless    Repeat = "harmless"    // the second run changes nothing
	Accumulates Repeat = "accumulates" // the second run counts again
	Starts      Repeat = "starts"      // the second run starts another one
)

// Spec is what is known of an operation before anything runs.
type Spec struct {
	Operation Operation
	Label     string // as Dynamics shows it
	Needs     Needs
	Repeat    Repeat
	// Coalesces says that a queued one at the tail of a lane serves later
	// requests as well: it only makes Spotler look like the CRM.
	Coalesces bool
}

// Operations is the one table of operations, in the order of their numbers.
var Operations = []Spec{
	{SyncList, "Sync List", NeedsList, Harmless, true},
	{StartAutomation, "Start Automation", NeedsCustomer | NeedsAutomation, Starts, false},
	{StopAutomation, "Stop Automation", NeedsAutomation, Harmless, false}, // a run id needs no customer
	{AddToAudience, "Add To Audience", 0, Harmless, false},                // without a customer: only creates the list
	{RefreshAutomations, "Refresh Automations", 0, Harmless, true},
	{DeactivateContact, "Deactivate Contact", NeedsCustomer, Harmless, false},
	{SyncContact, "Sync Contact", NeedsCustomer, Harmless, true},
	{PurgeContact, "Purge Contact", NeedsCustomer, Harmless, false},
	{AnonymizeContact, "Anonymize Contact", NeedsCustomer, Harmless, false},
	{AddTag, "Add Tag", NeedsName, Harmless, false}, // without a customer: only creates the tag
	{RemoveTag, "Remove Tag", NeedsCustomer | NeedsName, Harmless, false},
	{SetScore, "Set Score", NeedsCustomer | NeedsName | NeedsValue, Harmless, false},
	{IncreaseScore, "Increase Score (+)", NeedsCustomer | NeedsName | NeedsValue, Accumulates, false},
	{DecreaseScore, "Decrease Score (-)", NeedsCustomer | NeedsName | NeedsValue, Accumulates, false},
	{RemoveFromAudience, "Remove From Audience", NeedsCustomer | NeedsName, Harmless, false},
	{SetContactField, "Set Contact Field", NeedsCustomer | NeedsName | NeedsValue, Harmless, false},
	{ClearContactField, "Clear Contact Field", NeedsCustomer | NeedsName, Harmless, false},
}

// Spec returns the row of o in Operations, or that of FromSpotler; false for any
// other number.
func (o Operation) Spec() (Spec, bool) {
	if o == FromSpotler {
		return fromSpotler, true
	}
	if i := int(o - SyncList); i >= 0 && i < len(Operations) {
		return Operations[i], true
	}
	return Spec{}, false
}

// String is the label Dynamics shows, or the bare number of an unknown operation.
func (o Operation) String() string {
	if s, ok := o.Spec(); ok {
		return s.Label
	}
	return fmt.Sprintf("operation %d", int(o))
}

// Together reports whether ops of many records may run in one call.
func (o Operation) Together() bool {
	s, ok := o.Spec()
	return ok && (s.Coalesces || o == FromSpotler)
}
