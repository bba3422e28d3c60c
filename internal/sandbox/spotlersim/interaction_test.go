package spotlersim_test

import (
	"net/url"
	"testing"
	"time"
)

// The date of a record and the date of its change are independent: a late
// report has a new change date with an old date, and an open that is repeated
// keeps its id and moves to the end.
func TestInteractionDates(t *testing.T) {
	s := start(t)
	ref := s.mailed(2, "")
	s.add(time.Hour)
	s.act(ref, "p0", `"open"`)
	s.act(ref, "p1", `"open","late_seconds":1800`)
	s.add(time.Hour)
	s.act(ref, "p0", `"open"`)
	at := func(d time.Duration) string { return begin.Add(d).Format(time.RFC3339) }
	rows := s.all("/mailing-interaction/opened", nil, 1)
	if len(rows) != 2 || rows[0].ExternalID != "p1" || rows[1].ExternalID != "p0" || rows[1].ID != 1 ||
		rows[1].Date != "2024-01-01T02:00:00.000+01:00" || rows[1].Changed != "2024-01-01T03:00:00.000+01:00" ||
		rows[0].Date != "2024-01-01T01:30:00.000+01:00" || rows[0].Changed != "2024-01-01T02:00:00.000+01:00" {
		t.Errorf("opened %+v", rows)
	}
	for _, c := range []struct {
		query url.Values
		want  int
	}{
		{url.Values{"fromChangeDate": {at(2 * time.Hour)}}, 1},
		{url.Values{"toChangeDate": {at(2 * time.Hour)}}, 1},
		{url.Values{"fromDate": {at(time.Hour)}}, 1},
		{url.Values{"toDate": {at(time.Hour)}, "fromChangeDate": {at(time.Hour)}}, 1},
		{url.Values{"fromChangeDate": {at(2*time.Hour + time.Second)}}, 0},
	} {
		if rows := s.all("/mailing-interaction/opened", c.query, 9); len(rows) != c.want {
			t.Errorf("%v: %+v", c.query, rows)
		}
	}
	if list := s.all("/mailing/"+ref+"/opens/p0", nil, 9); len(list) != 2 || list[0].OpenDate == list[1].OpenDate || list[0].Contact.EncryptedID != "" {
		t.Errorf("opens of one contact %+v", list)
	}
	s.assume(`{"opened_each":true}`)
	s.act(ref, "p0", `"open"`)
	if rows := s.all("/mailing-interaction/opened", nil, 9); len(rows) != 3 || rows[2].ID != 3 {
		t.Errorf("each open a record %+v", rows)
	}
	s.refused(400, "INVALID_PARAMS", "GET", "/mailing-interaction/sent?fromChangeDate=soon", "")
	s.refused(400, "INVALID_PARAMS", "GET", "/mailing-interaction/sent?trendReportIds=1,x", "")
}

func TestTrendReports(t *testing.T) {
	s := start(t)
	for _, report := range []string{`{"name":"Klanten","enabled":true,"target":"B2B","contentType":"MARKETING","folderId":"0c8f7f0e-3a52-4c6e-9c35-0a1b2c3d4e5f"}`, `{"name":"Oud"}`} {
		s.ok("POST", "/control/life/trends", report, nil)
	}
	ref := s.mailed(2, `,"trend_report":1`)
	s.sendTo("")
	var page struct {
		Paging       struct{ After int }
		TrendReports []map[string]any
	}
	decode(s, s.want(200, "GET", "/trend-report?enabled=true", ""), &page)
	if len(page.TrendReports) != 1 || page.TrendReports[0]["id"] != 1.0 || page.TrendReports[0]["mailingCount"] != 1.0 || page.TrendReports[0]["target"] != "B2B" {
		t.Errorf("enabled %v", page.TrendReports)
	}
	decode(s, s.want(200, "GET", "/trend-report?pageSize=1&after=1", ""), &page)
	if len(page.TrendReports) != 1 || page.TrendReports[0]["name"] != "Oud" || page.Paging.After != 2 {
		t.Errorf("second %v", page)
	}
	if rows := s.all("/mailing-interaction/sent", url.Values{"trendReportIds": {"2, 1"}}, 9); len(rows) != 2 || rows[0].Mailing != ref || rows[0].Trend != 1 || rows[0].Subject != "Nieuwsbrief" {
		t.Errorf("of the trend report %+v", rows)
	}
	s.refused(400, "INVALID_PARAMS", "GET", "/trend-report?enabled=perhaps", "")
}
