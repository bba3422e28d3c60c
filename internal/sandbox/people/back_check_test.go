package people

import "testing"

// What the check of the way back says of an organisation in which nothing came back:
// everybody who acted is named.
func TestBackCheckNotices(t *testing.T) {
	b := &Back{forms: []string{"a"}, left: []string{"b"}, chose: []string{"c"}, bounced: []string{"d"}, subscribers: []string{"x@forms.example"}, merged: [][2]string{{"e", "f"}}, qualified: []string{"g"}}
	all := map[string]map[string]bool{"b": {Permissions[0]: true}, "c": {Permissions[0]: true}}
	c := &backCheck{Back: b, permissions: all, rows: map[string]row{}, leads: map[string]row{"l": {"emailaddress1": "x@forms.example"}, "g": {"_parentcontactid_value": "h"}}, infos: map[string]row{}, contacts: map[string]held{"g": {}}}
	c.acts()
	c.joined()
	if len(c.report.Wrong) != 7 {
		t.Errorf("noticed: %q", c.report.Wrong)
	}
	c = &backCheck{Back: b, permissions: map[string]map[string]bool{"b": {Permissions[0]: false}, "l": {Permissions[0]: true}},
		rows:  map[string]row{"a": {"salutation": formTitle(0), "address1_line3": formLine(0)}, "b": {"_dh_spotlerinfo_value": "1"}, "d": {"_dh_spotlerinfo_value": "2"}},
		leads: map[string]row{"l": {"emailaddress1": "x@forms.example"}, "g": {"_parentcontactid_value": "h"}}, infos: map[string]row{"1": {"dh_name": "Opt-out"}, "2": {"dh_name": "Hard bounce"}},
		contacts: map[string]held{"l": {}, "e": {}, "f": {}, "h": {}}}
	c.acts()
	c.joined()
	if len(c.report.Wrong) != 0 || c.report.Forms+c.report.Unsubscribes+c.report.Choices+c.report.Bounces+c.report.Subscribers+c.report.Merges+c.report.Qualified != 7 {
		t.Errorf("%+v", c.report)
	}
}
