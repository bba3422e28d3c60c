package decide

// InwardBit is one permission of one person as both sides have it.
type InwardBit struct {
	Bit
	// HasRow: there is a permission row; Row and On of Bit count only then.
	HasRow bool
	// Told: Spotler told where the bit stands, and Spotler is what it told.
	Told    bool
	Spotler bool
	// Barred: Do Not Bulk Email is set, so nothing may be on in Spotler.
	Barred bool
	// Left: the person has just unsubscribed from everything.
	Left bool
}

// Subscriptions says what becomes of permission rows after a look at Spotler.
type Subscriptions struct {
	Set    []Bit // rows that take the value in On
	Make   []Bit // bits that get a row with the value in On
	Next   BitShadow
	Back   bool // Spotler holds what the CRM does not allow: a sync must correct it
	Echoes int  // bits that stand where they were agreed on
}

// InwardBits decides what a person's own choice in Spotler means for the rows in the
// CRM. An opt-out wins whenever both moved or nobody knows who was first:
//
//	the person unsubscribed from everything    every row that says Yes becomes No
//	Spotler equals the shadow                  an echo of our own write, Do Not Bulk Email's included
//	Spotler equals the effective CRM value     agreed; the rows keep their own value
//	Spotler moved to off                       the row becomes No
//	Spotler moved to on, CRM did not move      the row becomes Yes, or is made
//	Spotler moved to on, CRM moved to off      the CRM's opt-out wins and is sent again
//	Spotler is on, Do Not Bulk Email is set    the rows stay; Spotler is corrected
//	never agreed, Spotler off, row Yes         the opt-out wins: the row becomes No
//	never agreed, Spotler on, row No           the opt-out wins and is sent
//	never agreed, Spotler on, no row           a row is made: Spotler's bit is copied
//
// (Design: house, "Rules that hold everywhere"; manual: "Synchronize Subscriptions".)
func InwardBits(bits []InwardBit, shadow BitShadow) Subscriptions {
	s := Subscriptions{Next: BitShadow{}}
	for _, b := range bits {
		if b.Told && b.Direction.Inward() {
			s.add(b, shadow[b.Key])
		}
	}
	return s
}

func (s *Subscriptions) add(b InwardBit, was BitSides) {
	now := PositionOf(b.Spotler)
	agreed := BitSides{CRM: now, Spotler: now}
	b.On = b.On && b.HasRow
	switch {
	case b.Left && !b.Spotler && b.HasRow && b.Row: // Do Not Bulk Email may have hidden it
		s.Set, s.Next[b.Key] = append(s.Set, b.valued(false)), BitSides{CRM: Off, Spotler: Off}
	case now == was.Spotler:
		s.Echoes++
	case b.Spotler && b.Barred:
		s.Next[b.Key] = BitSides{Spotler: On} // the CRM side is unknown, so that the sync sends it
		s.Back = true
	case b.HasRow && b.On == b.Spotler:
		s.Next[b.Key] = agreed
	case !b.Spotler && !b.HasRow:
		s.Next[b.Key] = BitSides{CRM: was.CRM, Spotler: Off}
	case !b.Spotler:
		s.Set, s.Next[b.Key] = append(s.Set, b.valued(false)), agreed
	case !b.HasRow:
		s.Make, s.Next[b.Key] = append(s.Make, b.valued(true)), agreed
	case was.CRM == Off:
		s.Set, s.Next[b.Key] = append(s.Set, b.valued(true)), agreed
	default: // the CRM says No of its own, or never agreed to a Yes
		s.Next[b.Key] = BitSides{Spotler: On}
		s.Back = true
	}
}

func (b InwardBit) valued(on bool) Bit {
	out := b.Bit
	out.Row, out.On = on, on
	return out
}
