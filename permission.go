package connector

// Permission is one subscription of one person, known by its name on both
// sides: a Spotler Permission row in Dataverse, one bit of the permissions set
// in Spotler (manual: "Synchronize Subscriptions").
type Permission struct {
	Name       string
	Subscribed bool
}

// EffectivePermissions is what Spotler should hold: a row counts only while Do
// Not Bulk Email is off. The rows keep their own value. A person without rows
// has no bits at all, which is not the same as bits that are off. Of two rows
// with one name, No wins.
func EffectivePermissions(rows []Permission, doNotBulkEmail bool) []Permission {
	var out []Permission
	at := map[string]int{}
	for _, row := range rows {
		subscribed := row.Subscribed && !doNotBulkEmail
		if i, twice := at[row.Name]; twice {
			out[i].Subscribed = out[i].Subscribed && subscribed
			continue
		}
		at[row.Name] = len(out)
		out = append(out, Permission{row.Name, subscribed})
	}
	return out
}
