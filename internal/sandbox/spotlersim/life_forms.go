package spotlersim

// fillIn records that somebody filled in the account's form of that sub type,
// the first that is final, if there is one; the answers are what the contact's
// properties say. What the form does to the contact has been done.
func (a *account) fillIn(subType string, who *contact, now moment) {
	for _, f := range a.forms {
		if f.SubType != subType || f.State != "final" {
			continue
		}
		r := &formResult{id: int32(len(f.results) + 1), at: a.stamp(now.known), completed: true, who: who}
		for i, field := range f.Fields {
			answer := formAnswer{Rank: i + 1, FieldID: field.ID, Description: field.Description}
			if value := scalarOf(who.values[field.Property]); value != "" {
				answer.Answer = []string{value}
			}
			r.answers = append(r.answers, answer)
		}
		f.results = append(f.results, r)
		a.effect(now.known, "form_filled_in", decimal(f.ID), who)
		return
	}
}
