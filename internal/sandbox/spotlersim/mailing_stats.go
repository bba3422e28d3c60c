package spotlersim

// mailingStats is the object MailingStats (reference: section 5.8). Every
// number is counted from the deliveries, never kept beside them.
type mailingStats struct {
	Sent          int  `json:"sentCount"`
	Accepted      int  `json:"acceptedCount"`
	Opened        int  `json:"openCount"`         // contacts that loaded images or clicked
	Rendered      int  `json:"openRenderedCount"` // contacts that loaded images
	Clicked       int  `json:"clickCount"`        // contacts
	HardBounced   int  `json:"hardbounceCount"`
	SoftBounced   int  `json:"softbounceCount"`
	Lost          int  `json:"notRetainedAfterBounceCount"`
	Converted     int  `json:"conversionClickCount"` // contacts
	Unsubscribed  int  `json:"unsubscribeCount"`
	ToWebshop     *int `json:"toWebshopCount,omitempty"` // this and the next with eCommerce only
	CartsCreated  *int `json:"shoppingcartCreatedCount,omitempty"`
	CartsPaid     *int `json:"shoppingcartConvertedCount,omitempty"`
	ConversionSum *int `json:"conversionValue,omitempty"` // cents
}

func (m *mailing) statistics() mailingStats {
	var s mailingStats
	webshop := 0
	for _, d := range m.deliveries {
		s.Sent++
		switch {
		case d.bounced != nil && d.bounced.hard:
			s.HardBounced++
		case d.bounced != nil:
			s.SoftBounced++
		default:
			s.Accepted++
		}
		s.Opened += one(d.opened != nil || d.clicked)
		s.Rendered += one(d.opened != nil)
		s.Clicked += one(d.clicked)
		s.Lost += one(d.lost)
		s.Converted += one(d.followed(linkConversion))
		s.Unsubscribed += one(d.left)
		webshop += one(d.followed(linkWebshop))
	}
	if m.linkOf(linkWebshop) != nil {
		value := int(m.revenue)
		s.ToWebshop, s.CartsCreated, s.CartsPaid, s.ConversionSum = &webshop, &m.carts, &m.paid, &value
	}
	return s
}

// followed reports whether the receiver clicked a link of that type.
func (d *delivery) followed(kind string) bool {
	for id := range d.on {
		if l := d.of.link(id); l != nil && l.Type == kind {
			return true
		}
	}
	return false
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
