package spotlersim

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// shopOrder is the object Order; its value is in whole cents (reference:
// section 5.12).
type shopOrder struct {
	ExternalID        text   `json:"externalId"`
	ExternalContactID text   `json:"externalContactId"`
	Date              text   `json:"date"`
	Value             text   `json:"value"`
	Products          []text `json:"externalProductIds"`
}

type orderRequest struct {
	Update truth      `json:"update"`
	Order  *shopOrder `json:"order"`
}

// conversionRequest is the body of POST /conversion.
type conversionRequest struct {
	MailplusID text   `json:"mailplusId"`
	Type       string `json:"type"`
	Value      text   `json:"value,omitempty"`
	Date       text   `json:"interactionDate"`
	Products   []text `json:"products,omitempty"`
}

// conversion is one that was accepted.
type conversion struct {
	Type       string `json:"type"`
	Mailing    string `json:"mailing"`
	ExternalID string `json:"external_id,omitempty"`
	Value      int64  `json:"value"` // cents
}

func orderOperations() []operation {
	return []operation{
		{method: "POST", path: "order", serve: (*call).postOrder, says: "Add or update an order", takes: orderRequest{}, errors: []int{400}},
		{method: "PUT", path: "order/{externalOrderId}", serve: (*call).putOrder, says: "Update an order", takes: orderRequest{}, errors: []int{400, 404}},
		{method: "DELETE", path: "order/{externalOrderId}", serve: (*call).deleteOrder, says: "Delete an order", errors: []int{404}},
		{method: "POST", path: "conversion", serve: (*call).postConversion, says: "Tell of a shopping cart after a click", takes: conversionRequest{}, errors: []int{400}},
	}
}

// centsOf reads a whole amount of cents from 0.
func centsOf(t text) (int64, bool) {
	n, err := strconv.ParseInt(string(t), 10, 64)
	return n, err == nil && n >= 0
}

// readOrder reads an order and checks what can be checked without the account.
func (c *call) readOrder() (*orderRequest, *refusal) {
	var req orderRequest
	if no := c.read(&req); no != nil {
		return nil, no
	}
	says := "order is empty"
	if o := req.Order; o != nil {
		says = o.wrong()
	}
	if says != "" {
		return nil, refuse(http.StatusBadRequest, InvalidParams, says)
	}
	return &req, nil
}

func (o *shopOrder) wrong() string {
	_, priced := centsOf(o.Value)
	_, dated := parseTime(string(o.Date))
	switch {
	case o.ExternalID == "":
		return "orderId is empty"
	case o.ExternalContactID == "":
		return "externalContactId is empty"
	case o.Date == "":
		return "date is empty"
	case dated != nil:
		return "illegal order date"
	case !priced:
		return "illegal order value"
	case o.Products == nil:
		return "no product list"
	case len(o.Products) == 0:
		return "productlist is empty"
	case slices.Contains(o.Products, ""):
		return "product id is empty"
	}
	return ""
}

// store keeps an order whose contact and products are known.
func (c *call) store(o *shopOrder) (any, *refusal) {
	a := c.account
	who := a.byID[c.key.field][string(o.ExternalContactID)]
	if who == nil {
		return nil, refuse(http.StatusBadRequest, ContactNotFound, "contact not found")
	}
	for _, id := range o.Products {
		if a.shop.products[string(id)] == nil {
			return nil, noProduct(http.StatusBadRequest, string(id))
		}
	}
	a.shop.orders[string(o.ExternalID)] = o
	a.effect(c.sim.clock(), "order_written", string(o.ExternalID), who)
	return noContent{}, nil
}

func (c *call) postOrder() (any, *refusal) {
	req, no := c.readOrder()
	if no != nil {
		return nil, no
	}
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	switch known := a.shop.orders[string(req.Order.ExternalID)] != nil; {
	case known && !bool(req.Update):
		return nil, refuse(http.StatusBadRequest, IDNotUnique, "externalOrderId must be unique")
	case !known && bool(req.Update) && !c.rules.ProductUpdateMakes:
		return nil, refuse(http.StatusBadRequest, OrderNotFound, "order not found")
	}
	return c.store(req.Order)
}

func (c *call) putOrder() (any, *refusal) {
	req, no := c.readOrder()
	if no != nil {
		return nil, no
	}
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.shop.orders[c.args[0]] == nil {
		return nil, refuse(http.StatusNotFound, OrderNotFound, "order not found")
	}
	if string(req.Order.ExternalID) != c.args[0] {
		return nil, refuse(http.StatusBadRequest, IDNotUnique, "externalOrderId must be that of the path")
	}
	return c.store(req.Order)
}

func (c *call) deleteOrder() (any, *refusal) {
	drain(c.Request)
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.shop.orders[c.args[0]] == nil {
		return nil, refuse(http.StatusNotFound, OrderNotFound, "order not found")
	}
	delete(a.shop.orders, c.args[0])
	a.effect(c.sim.clock(), "order_deleted", c.args[0], nil)
	return noContent{}, nil
}

// mailplusID is the form of what a tracked link carries along.
var mailplusID = regexp.MustCompile(`^[A-Za-z0-9_-]{16,64}$`)

// The types of a conversion.
const (
	cartCreated   = "CREATE_SHOPPINGCART"
	cartConverted = "CONVERT_SHOPPINGCART"
)

// postConversion is POST /conversion: what came of a click. mailplusId is the
// mpid of a tracked link. The published contract spells one type with a leading
// blank; both spellings are taken.
func (c *call) postConversion() (any, *refusal) {
	var req conversionRequest
	if no := c.read(&req); no != nil {
		return nil, no
	}
	bad := func(kind ErrorType, says string) (any, *refusal) {
		return nil, refuse(http.StatusBadRequest, kind, says)
	}
	kind := strings.TrimLeft(req.Type, " ")
	value, priced := centsOf(req.Value)
	_, dated := parseTime(string(req.Date))
	switch {
	case !mailplusID.MatchString(string(req.MailplusID)):
		return bad(InvalidParams, "MailplusId wrong format")
	case kind != cartCreated && kind != cartConverted:
		return bad(InvalidParams, "illegal interaction type")
	case req.Value != "" && !priced:
		return bad(InvalidParams, "illegal conversion value")
	case dated != nil:
		return bad(InvalidParams, "illegal interaction date")
	}
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	d := a.post.clicks[string(req.MailplusID)]
	switch {
	case d == nil:
		return bad(InvalidParams, "activity not found")
	case !a.present(d.to):
		return bad(ContactNotFound, "contact not found")
	}
	for _, id := range req.Products {
		if a.shop.products[string(id)] == nil {
			return nil, noProduct(http.StatusBadRequest, string(id))
		}
	}
	a.converted(d.mpid, kind == cartConverted, value)
	a.shop.conversions = append(a.shop.conversions, conversion{kind, d.of.ref, d.to.ids[a.field], value})
	a.effect(c.sim.clock(), strings.ToLower(kind), d.of.ref, d.to)
	return noContent{}, nil
}
