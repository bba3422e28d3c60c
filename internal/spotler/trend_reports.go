package spotler

import (
	"context"
	"iter"
	"strconv"
	"time"
)

// TrendReport groups mailings to compare them (Mail+ API 5.10 no. 50).
type TrendReport struct {
	ID          int64
	Name        string
	Enabled     bool
	Target      string // B2B, B2C, OTHER or one we do not know
	Created     time.Time
	FolderID    string // a UUID
	ContentType string // MARKETING, INFO, SERVICE or one we do not know
	Reporting   bool
	SendDays    int64
	SendHours   int64
	SendMinutes int64
	ReportTo    []string // addresses of colleagues, three at most
	Author      string
	Mailings    int64
}

// TrendReports walks the trend reports: all, or only those that are enabled or not
// (Mail+ API 5.10 no. 50).
func (c *Client) TrendReports(ctx context.Context, enabled *bool) iter.Seq2[TrendReport, error] {
	var q query
	if enabled != nil {
		q = q.add("enabled", strconv.FormatBool(*enabled))
	}
	of := func(o *object) TrendReport {
		t := TrendReport{ID: o.mustWhole("id"), Name: o.text("name"), Enabled: o.flag("enabled"), Target: o.word("target"),
			Created: o.time("createDate"), FolderID: o.text("folderId"), ContentType: o.word("contentType"), Reporting: o.flag("reportingEnabled"),
			SendDays: o.whole("sendDays"), SendHours: o.whole("sendHours"), SendMinutes: o.whole("sendMinutes"),
			Author: o.text("author"), Mailings: o.whole("mailingCount")}
		for _, name := range []string{"reportEmail1", "reportEmail2", "reportEmail3"} {
			if s := o.text(name); s != "" {
				t.ReportTo = append(t.ReportTo, s)
			}
		}
		return t
	}
	return walk(ctx, c, list{call: call{op: "spotler.TrendReports", path: "trend-report.list"}, items: "trendReports", query: q}, of)
}
