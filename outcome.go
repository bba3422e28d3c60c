package connector

// Result codes that a Spotler Job can show. Spotler's own codes appear beside them.
const (
	CodeOK          = "OK"
	CodeSkipped     = "SKIPPED"
	CodeJobNotValid = "JOB_NOT_VALID"
	CodeNotYet      = "NOT_YET"
	CodeGaveUp      = "GAVE_UP"
	CodeUncertain   = "UNCERTAIN"
	CodeHeld        = "HELD"
)

// Outcome is how a job ended, in words a marketeer can read. Build it with Done,
// Skipped or Refused.
type Outcome struct {
	State JobState
	Code  string
	// Why is one plain sentence. It names fields and rules, never personal data.
	Why string
	// HTTPStatus is what Spotler answered, 0 when it was not asked.
	HTTPStatus int
}

// Done says the work happened.
func Done(why string) Outcome { return Outcome{State: Completed, Code: CodeOK, Why: why} }

// Skipped says there was rightly nothing to do.
func Skipped(why string) Outcome { return Outcome{State: Completed, Code: CodeSkipped, Why: why} }

// Refused says the job can never succeed as it stands.
func Refused(code, why string) Outcome { return Outcome{State: Failed, Code: code, Why: why} }

// Answered adds the HTTP status that Spotler answered.
func (o Outcome) Answered(status int) Outcome { o.HTTPStatus = status; return o }

// WithCode replaces the result code, for an end that carries Spotler's own word.
func (o Outcome) WithCode(code string) Outcome { o.Code = code; return o }
