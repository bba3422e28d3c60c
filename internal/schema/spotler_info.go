package schema

import connector "github.com/spotler-connector/connector"

// SpotlerInfoTable is the table of synchronisation statuses.
const SpotlerInfoTable connector.Table = "dh_spotlerinfo"

// SpotlerInfo holds the last status of one person or list (manual: "Tables").
func SpotlerInfo() Table {
	return Table{Name: SpotlerInfoTable, Set: "dh_spotlerinfos", Label: "Spotler Info", Key: "dh_spotlerinfoid", Primary: "dh_name", Own: true, Columns: []Column{
		{Name: "dh_spotlerinfoid", Schema: "dh_SpotlerInfoId", Kind: PrimaryKey},
		{Name: "dh_name", Schema: "dh_Name", Label: "Spotler Status", Kind: String, Max: 200},
		{Name: "dh_reason", Schema: "dh_Reason", Label: "Reason", Kind: String, Max: 1000},
		{Name: "dh_active", Schema: "dh_Active", Label: "Active in Spotler", Kind: Bool},
		{Name: "dh_lastsync", Schema: "dh_LastSync", Label: "Last Sync", Kind: DateTime},
		{Name: "createdon", Schema: "CreatedOn", Label: "Created On", Kind: DateTime},
		{Name: "modifiedon", Schema: "ModifiedOn", Label: "Modified On", Kind: DateTime},
		{Name: "statecode", Schema: "statecode", Label: "Status", Kind: State, Options: twoStates},
		{Name: "statuscode", Schema: "statuscode", Label: "Status Reason", Kind: Status, Options: []Option{{Value: 1, Label: "Active"}, {Value: 2, Label: "Inactive", State: 1}}},
	}}
}
