package spotlersim

import (
	"net/http"
	"strconv"
)

// trendReport groups mailings (reference: section 5.10).
type trendReport struct {
	ID          int32  `json:"id"`
	Name        string `json:"name"`
	Enabled     bool   `json:"enabled"`
	Target      string `json:"target"` // one of trendTargets
	Created     string `json:"createDate"`
	FolderID    string `json:"folderId,omitempty"`
	ContentType string `json:"contentType"` // one of trendContents
	Reporting   bool   `json:"reportingEnabled"`
	SendDays    int    `json:"sendDays,omitempty"`
	SendHours   int    `json:"sendHours,omitempty"`
	SendMinutes int    `json:"sendMinutes,omitempty"`
	Email1      string `json:"reportEmail1,omitempty"`
	Email2      string `json:"reportEmail2,omitempty"`
	Email3      string `json:"reportEmail3,omitempty"`
	Author      string `json:"author,omitempty"`
	Mailings    int    `json:"mailingCount"`
}

// The enumerations of a trend report.
var (
	trendTargets  = []string{"B2B", "B2C", "OTHER"}
	trendContents = []string{"MARKETING", "INFO", "SERVICE"}
)

// trendReports is GET /trend-report: all of them, or those that are enabled or
// not. mailingCount is counted when it is asked.
func (c *call) trendReports() (any, *refusal) {
	p, no := c.page(false)
	if no != nil {
		return nil, no
	}
	var enabled *bool
	if text := c.URL.Query().Get("enabled"); text != "" {
		yes, err := strconv.ParseBool(text)
		if err != nil {
			return nil, refuse(http.StatusBadRequest, InvalidParams, "Invalid enabled")
		}
		enabled = &yes
	}
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	sizes := map[int32]int{}
	for _, m := range a.post.mailings {
		if len(m.deliveries) > 0 {
			sizes[m.trend]++
		}
	}
	out := []trendReport{}
	for _, t := range a.post.trends {
		if (enabled == nil || *enabled == t.Enabled) && p.take() {
			shown := *t
			shown.Mailings = sizes[t.ID]
			out = append(out, shown)
		}
	}
	return c.wrapped("trendReports", out, len(out), p), nil
}
