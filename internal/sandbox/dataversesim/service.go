package dataversesim

import (
	"net/http"
	"strconv"
)

// serviceDocument answers GET of the root: the entity sets (OData 4.0, service document).
func (s *Sim) serviceDocument(r *request) (*response, *failure) {
	if r.method != http.MethodGet {
		return nil, wrongMethod(r)
	}
	defer s.reading(r)()
	b := append(appendString([]byte(`{"@odata.context":`), r.base+"$metadata"), `,"value":[`...)
	for i, t := range s.ordered {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(append(b, `{"name":`...), t.set)
		b = append(appendString(append(b, `,"kind":"EntitySet","url":`...), t.set), '}')
	}
	for _, set := range []string{setTables, setRelationships, setChoices} {
		b = appendString(append(b, `,{"name":`...), set)
		b = append(appendString(append(b, `,"kind":"EntitySet","url":`...), set), '}')
	}
	return &response{status: http.StatusOK, body: append(b, "]}"...), contentType: jsonMinimal}, nil
}

// csdl answers GET $metadata: the schema of the Web API as XML.
func (s *Sim) csdl(r *request) (*response, *failure) {
	if r.method != http.MethodGet {
		return nil, wrongMethod(r)
	}
	done := s.reading(r)
	m := s.model
	done()
	return &response{status: http.StatusOK, body: m.CSDL(), contentType: "application/xml"}, nil
}

func appendInt(b []byte, n int) []byte { return strconv.AppendInt(b, int64(n), 10) }

func appendInt64(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) }
