package spotlersim

import (
	"fmt"
	"slices"
)

// lists are the audiences and the temporary lists of an account, in order of
// creation. They are guarded by the account's mutex.
type lists struct {
	audiences []*dynamicList
	temporary []*temporaryList
}

func (l *lists) audience(id string) *dynamicList {
	for _, x := range l.audiences {
		if x.id == id {
			return x
		}
	}
	return nil
}

func (l *lists) templist(id string) *temporaryList {
	for _, x := range l.temporary {
		if x.id == id && id != "" {
			return x
		}
	}
	return nil
}

func (l *lists) dropAudience(x *dynamicList) {
	l.audiences = slices.DeleteFunc(l.audiences, func(y *dynamicList) bool { return x == y })
}

func (l *lists) dropTemporary(x *temporaryList) {
	l.temporary = slices.DeleteFunc(l.temporary, func(y *temporaryList) bool { return x == y })
}

// clear empties every list; the lists stay.
func (l *lists) clear() {
	for _, x := range l.audiences {
		clear(x.members)
	}
	for _, x := range l.temporary {
		clear(x.members)
	}
}

// forget takes a contact that is gone off every list.
func (l *lists) forget(who *contact) {
	for _, x := range l.audiences {
		delete(x.members, who)
	}
	for _, x := range l.temporary {
		delete(x.members, who)
	}
}

// listed are the members of the lists that to names, of both when it names two;
// nil when it names none.
func (to *audience) listed(a *account) (map[*contact]bool, error) {
	var of []map[*contact]bool
	if to.Audience != "" {
		l := a.lists.audience(to.Audience)
		if l == nil {
			return nil, fmt.Errorf("to.audience: the account has no audience of that external id")
		}
		of = append(of, l.members)
	}
	if to.TemporaryList != "" {
		l := a.lists.templist(to.TemporaryList)
		if l == nil {
			return nil, fmt.Errorf("to.temporary_list: the account has no temporary list of that external id")
		}
		of = append(of, l.members)
	}
	if len(of) == 0 {
		return nil, nil
	}
	out := map[*contact]bool{}
	for who := range of[0] {
		if len(of) == 1 || of[1][who] {
			out[who] = true
		}
	}
	return out, nil
}
