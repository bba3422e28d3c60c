package connector

// SpotlerStatus is what Spotler Info shows beside a person: where they stand in
// Spotler, or why they are not there (manual: "Bounces", "Spotler Info").
type SpotlerStatus string

// The statuses. The first group is what Spotler says, the second is why we
// leave a person out, the third is what happened to the last attempt.
const (
	StatusUnknown    SpotlerStatus = ""
	StatusActive     SpotlerStatus = "Active"
	StatusOptOut     SpotlerStatus = "Opt-out"
	StatusHardBounce SpotlerStatus = "Hard bounce"
	StatusSoftBounce SpotlerStatus = "Soft bounce"
	StatusPermanent  SpotlerStatus = "Permanently inactive"
	StatusAnonymized SpotlerStatus = "Anonymized"

	StatusNotSynced     SpotlerStatus = "Not synchronised"
	StatusInvalidEmail  SpotlerStatus = "E-mail address not valid"
	StatusSharesAddress SpotlerStatus = "Shares its address"

	StatusFailed SpotlerStatus = "Failed"
)
