package decide

import "testing"

func TestLostScore(t *testing.T) {
	has := func(n int64) Score { return Score{Known: true, Has: true, Value: n} }
	none := Score{Known: true}
	for name, tt := range map[string]struct {
		was  Score
		want int64
		now  Score
		says Finding
	}{
		"raised by exactly the amount":           {has(10), 15, has(15), Happened},
		"unchanged":                              {has(10), 15, has(10), NotHappened},
		"raised by another amount":               {has(10), 15, has(20), Unclear},
		"raised twice":                           {has(10), 15, has(25), Unclear},
		"made from nothing":                      {none, 5, has(5), Happened},
		"not made":                               {none, 5, none, NotHappened},
		"the tag was given, the score not":       {none, 5, has(0), NotHappened},
		"lowered below nothing":                  {none, -5, has(-5), Happened},
		"set to nothing where there was nothing": {none, 0, none, NotHappened},
		"set to nothing and made":                {none, 0, has(0), Happened},
		"set to what it was":                     {has(7), 7, has(7), Happened},
		"the tag was taken away meanwhile":       {has(0), 5, none, Unclear},
		"the tag with a score was taken away":    {has(10), 15, none, Unclear},
		"nothing to read now":                    {has(10), 15, Score{}, Unclear},
		"nothing was read before":                {Score{}, 15, has(15), Unclear},
	} {
		if got := LostScore(tt.was, tt.want, tt.now); got != tt.says {
			t.Errorf("%s: %s, want %s", name, got, tt.says)
		}
	}
}
