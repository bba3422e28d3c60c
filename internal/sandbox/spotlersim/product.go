package spotlersim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// product is the object Product. Amounts are whole cents, as text. Dates are
// read-only (reference: section 5.11).
type product struct {
	ExternalID    text             `json:"externalId"`
	Name          text             `json:"name"`
	Link          text             `json:"link"`
	Price         text             `json:"price"`
	ImageURL      text             `json:"imageUrl"`
	ImageLargeURL text             `json:"imageLargeUrl"`
	Description   text             `json:"description,omitempty"`
	OldPrice      text             `json:"oldPrice,omitempty"`
	Category      text             `json:"category,omitempty"`
	GTIN          text             `json:"gtin,omitempty"`
	SKU           text             `json:"sku,omitempty"`
	Brand         text             `json:"brand,omitempty"`
	RatingImage   text             `json:"ratingImageUrl,omitempty"`
	Rating        text             `json:"ratingValue,omitempty"`
	ReviewLink    text             `json:"reviewLink,omitempty"`
	CartLink      text             `json:"addToCartLink,omitempty"`
	Language      text             `json:"language,omitempty"`
	Stock         string           `json:"stock"` // one of stocks
	Deleted       truth            `json:"deleted"`
	Visible       *truth           `json:"visible"`
	Custom        map[string]*text `json:"customProperties,omitempty"`
	Specs         []specification  `json:"specifications,omitempty"`
	Created       any              `json:"creationDate,omitempty"`
	Changed       any              `json:"changeDate,omitempty"`

	created, changed int64
}

type specification struct {
	Description text `json:"description"`
	Value       text `json:"value"`
	Rank        *int `json:"rank,omitempty"`
}

// truth is true or false, as JSON or as text: the server converts.
type truth bool

// UnmarshalJSON accepts true, "true", false, "false".
func (t *truth) UnmarshalJSON(raw []byte) error {
	switch strings.ToLower(strings.Trim(string(raw), `"`)) {
	case "true":
		*t = true
	case "false", "null", "":
		*t = false
	default:
		return errValue
	}
	return nil
}

// stocks is the complete enumeration.
var stocks = []string{"LIMITED", "GOOD", "UNKNOWN"}

type productRequest struct {
	Update  truth    `json:"update"`
	Product *product `json:"product"`
}

// customProperty is the object ProductPropertyDefinition.
type customProperty struct {
	Name string `json:"name"`
}

// maxCustomValue is how many characters the value of a custom property may have.
const maxCustomValue = 255

// shop is what an account sells, and what was bought. It is guarded by the
// account's mutex.
type shop struct {
	custom      []customProperty
	products    map[string]*product
	order       []string // ids of products in order of creation
	orders      map[string]*shopOrder
	conversions []conversion
}

// clear forgets what was bought; the products stay.
func (s *shop) clear() {
	s.orders, s.conversions = map[string]*shopOrder{}, nil
	if s.products == nil {
		s.products = map[string]*product{}
	}
}

func productOperations() []operation {
	return []operation{
		{method: "GET", path: "product/custom-properties/list", serve: (*call).customProperties, says: "The properties that products have besides the usual", gives: []customProperty{}},
		{method: "GET", path: "product/search", serve: (*call).productSearch, says: "Products with a value in a field",
			query: []string{"MPSearchQuery!", "after", "pageSize"}, gives: []product{}, errors: []int{400}},
		{method: "POST", path: "product", serve: (*call).postProduct, says: "Add or update a product", takes: productRequest{}, errors: []int{400}},
		{method: "GET", path: "product/{externalProductId}", serve: (*call).getProduct, says: "One product", gives: product{}, errors: []int{404}},
		{method: "PUT", path: "product/{externalProductId}", serve: (*call).putProduct, says: "Update a product", takes: productRequest{}, errors: []int{400, 404}},
		{method: "DELETE", path: "product/{externalProductId}", serve: (*call).deleteProduct, says: "Delete a product", errors: []int{404}},
	}
}

func (c *call) customProperties() (any, *refusal) {
	c.account.mu.Lock()
	defer c.account.mu.Unlock()
	return append([]customProperty{}, c.account.shop.custom...), nil
}

func (c *call) showProduct(p *product) product {
	out := *p
	out.Created, out.Changed = c.date(p.created), c.date(p.changed)
	return out
}

// noProduct is the refusal of an id that no product has.
func noProduct(status int, id string) *refusal {
	return refuse(status, ProductNotFound, fmt.Sprintf("product not found with externalProductId: %s", id))
}

func (c *call) getProduct() (any, *refusal) {
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.shop.products[c.args[0]]
	if p == nil {
		return nil, noProduct(http.StatusNotFound, c.args[0])
	}
	return c.showProduct(p), nil
}

// readProduct reads a product and checks it, all but the custom properties.
func (c *call) readProduct() (*productRequest, *refusal) {
	var req productRequest
	if no := c.read(&req); no != nil {
		return nil, no
	}
	if req.Product == nil {
		return nil, refuse(http.StatusBadRequest, InvalidParams, "product cannot be null")
	}
	return &req, req.Product.check()
}

func (p *product) check() *refusal {
	for _, need := range []struct {
		value text
		says  string
	}{
		{p.ExternalID, "externalId cannot be null or empty"}, {p.Name, "name cannot be null or empty"}, {p.Link, "link cannot be null or empty"},
		{p.ImageURL, "image url cannot be null or empty"}, {p.ImageLargeURL, "image url cannot be null or empty"}, {p.Price, "price cannot be null"},
	} {
		if need.value == "" {
			return refuse(http.StatusBadRequest, InvalidParams, need.says)
		}
	}
	if p.Stock == "" {
		p.Stock = "UNKNOWN"
	}
	if !slices.Contains(stocks, p.Stock) {
		return refuse(http.StatusBadRequest, InvalidParams, "stock is not one of LIMITED, GOOD, UNKNOWN")
	}
	for _, cents := range []text{p.Price, p.OldPrice} {
		if _, ok := centsOf(cents); cents != "" && !ok {
			return refuse(http.StatusBadRequest, InvalidParams, "price is not a whole number of cents")
		}
	}
	if p.Visible == nil {
		yes := truth(true)
		p.Visible = &yes
	}
	return nil
}

func (s *shop) checkCustom(p *product) *refusal {
	for name, value := range p.Custom {
		known := slices.Contains(s.custom, customProperty{name})
		if !known || value == nil || utf8.RuneCountInString(string(*value)) > maxCustomValue {
			return refuse(http.StatusBadRequest, InvalidProperty, "invalid custom property")
		}
	}
	return nil
}

func (c *call) postProduct() (any, *refusal) {
	req, no := c.readProduct()
	if no != nil {
		return nil, no
	}
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	id := string(req.Product.ExternalID)
	switch known := a.shop.products[id] != nil; {
	case known && !bool(req.Update):
		return nil, refuse(http.StatusBadRequest, IDNotUnique, "externalProductId must be unique")
	case !known && bool(req.Update) && !c.rules.ProductUpdateMakes:
		return nil, noProduct(http.StatusBadRequest, id)
	}
	return c.putIn(req.Product)
}

func (c *call) putProduct() (any, *refusal) {
	req, no := c.readProduct()
	if no != nil {
		return nil, no
	}
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.shop.products[c.args[0]] == nil {
		return nil, noProduct(http.StatusNotFound, c.args[0])
	}
	if string(req.Product.ExternalID) != c.args[0] {
		return nil, refuse(http.StatusBadRequest, IDNotUnique, "externalProductId must be that of the path")
	}
	return c.putIn(req.Product)
}

// putIn stores a product, in place of the one that has its id.
func (c *call) putIn(p *product) (any, *refusal) {
	a := c.account
	if no := a.shop.checkCustom(p); no != nil {
		return nil, no
	}
	id := string(p.ExternalID)
	p.changed = a.stamp(c.sim.clock())
	p.created = p.changed
	if old := a.shop.products[id]; old != nil {
		p.created = old.created
	} else {
		a.shop.order = append(a.shop.order, id)
	}
	a.shop.products[id] = p
	a.effect(c.sim.clock(), "product_written", id, nil)
	return noContent{}, nil
}

func (c *call) deleteProduct() (any, *refusal) {
	drain(c.Request)
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	id := c.args[0]
	if a.shop.products[id] == nil {
		return nil, noProduct(http.StatusNotFound, id)
	}
	delete(a.shop.products, id)
	a.shop.order = slices.DeleteFunc(a.shop.order, func(x string) bool { return x == id })
	a.effect(c.sim.clock(), "product_deleted", id, nil)
	return noContent{}, nil
}

// productSearch is GET /product/search?MPSearchQuery=field=value, with the same
// grammar as for contacts (reference: G12).
func (c *call) productSearch() (any, *refusal) {
	name, value, found := strings.Cut(c.URL.Query().Get("MPSearchQuery"), "=")
	if !found || name == "" {
		return nil, refuse(http.StatusBadRequest, InvalidParams, "Invalid MPSearchQuery or no MPSearchQuery given")
	}
	p, no := c.page(false)
	if no != nil {
		return nil, no
	}
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	out := []product{}
	for _, id := range a.shop.order {
		x := c.showProduct(a.shop.products[id])
		b, _ := json.Marshal(x)
		var members map[string]any
		_ = json.Unmarshal(b, &members)
		if has, ok := members[name].(string); ok && strings.EqualFold(has, value) && p.take() {
			out = append(out, x)
		}
	}
	return out, nil
}
