package spotler

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Product is a thing that is sold (Mail+ API section 5.11; licence eCommerce).
// ExternalID, Name, Link, PriceCents, ImageURL and ImageLargeURL are required.
type Product struct {
	ExternalID, Name, Link, Description, Category string // levels of Category are joined with /
	PriceCents                                    int64  // cents
	OldPriceCents                                 *int64 // cents; nil when not discounted
	ImageURL, ImageLargeURL                       string
	GTIN, SKU, Brand, Language                    string
	RatingImageURL, RatingValue, ReviewLink       string
	AddToCartLink                                 string
	Stock                                         string // LIMITED, GOOD, UNKNOWN or one we do not know
	Deleted, Hidden                               bool   // Hidden is the opposite of Spotler's visible
	// Custom holds values of at most 255 characters, by the names of ProductProperties.
	Custom           map[string]string
	Specifications   []Specification
	Created, Changed time.Time // read only
}

// Specification is a line of a product's description.
type Specification struct {
	Description string `json:"description"`
	Value       string `json:"value"`
	Rank        int64  `json:"rank,omitempty"`
}

func decodeProduct(o *object) Product {
	p := Product{ExternalID: o.mustText("externalId"), Name: o.text("name"), Link: o.text("link"), Description: o.text("description"),
		Category: o.text("category"), PriceCents: o.mustWhole("price"), ImageURL: o.text("imageUrl"), ImageLargeURL: o.text("imageLargeUrl"),
		GTIN: o.text("gtin"), SKU: o.text("sku"), Brand: o.text("brand"), Language: o.text("language"), RatingImageURL: o.text("ratingImageUrl"),
		RatingValue: o.text("ratingValue"), ReviewLink: o.text("reviewLink"), AddToCartLink: o.text("addToCartLink"), Stock: o.word("stock"),
		Deleted: o.flag("deleted"), Hidden: o.text("visible") == "false", Created: o.time("creationDate"), Changed: o.time("changeDate")}
	if o.text("oldPrice") != "" {
		old := o.whole("oldPrice")
		p.OldPriceCents = &old
	}
	var custom map[string]json.RawMessage
	if json.Unmarshal(o.fields["customProperties"], &custom) == nil {
		for name, raw := range custom {
			if p.Custom == nil {
				p.Custom = make(map[string]string, len(custom))
			}
			p.Custom[name] = text(raw)
		}
	}
	p.Specifications = nested(o, "specifications", func(o *object) Specification {
		return Specification{o.text("description"), o.text("value"), o.whole("rank")}
	})
	return p
}

// wire is p as it is written; empty texts are left out, prices are texts of cents.
func (p Product) wire(op string) (map[string]any, error) {
	out := map[string]any{"externalId": p.ExternalID, "name": p.Name, "link": p.Link, "imageUrl": p.ImageURL, "imageLargeUrl": p.ImageLargeURL}
	for name, v := range out {
		if v == "" {
			return nil, wants(op, "a product needs "+name)
		}
	}
	for name, v := range map[string]string{"description": p.Description, "category": p.Category, "gtin": p.GTIN, "sku": p.SKU, "brand": p.Brand,
		"language": p.Language, "ratingImageUrl": p.RatingImageURL, "ratingValue": p.RatingValue, "reviewLink": p.ReviewLink,
		"addToCartLink": p.AddToCartLink, "stock": p.Stock} {
		if v != "" {
			out[name] = v
		}
	}
	out["price"], out["visible"], out["deleted"] = strconv.FormatInt(p.PriceCents, 10), !p.Hidden, p.Deleted
	if p.OldPriceCents != nil {
		out["oldPrice"] = strconv.FormatInt(*p.OldPriceCents, 10)
	}
	if len(p.Custom) > 0 {
		out["customProperties"] = p.Custom
	}
	if len(p.Specifications) > 0 {
		out["specifications"] = p.Specifications
	}
	return out, nil
}

// ProductProperties lists the names of the account's own product fields (Mail+ API
// 5.11 no. 51).
func (c *Client) ProductProperties(ctx context.Context) ([]string, error) {
	of := func(o *object) string { return o.mustText("name") }
	return read(ctx, c, call{op: "spotler.ProductProperties", path: "product.properties"}, all("productPropertyDefinitions", decoder(c.dates, of)))
}

// SearchProducts lists the products whose field has that value, at most limit,
// from offset on (Mail+ API 5.11 no. 52 and G12). The answer is not paged by Spotler.
func (c *Client) SearchProducts(ctx context.Context, field, value string, offset, limit int) ([]Product, error) {
	const op = "spotler.SearchProducts"
	if field == "" || value == "" || offset < 0 || limit < 1 || limit > 10_000 {
		return nil, wants(op, "a search needs a field, a value, an offset of 0 or more and a limit of 1 to 10000")
	}
	words := strings.NewReplacer("{property}", field, "{value}", value).Replace(c.words.query)
	q := query("").add("MPSearchQuery", words).num("after", int64(offset)).num("pageSize", int64(limit))
	return read(ctx, c, call{op: op, path: "product.search", query: string(q)}, all("products", decoder(c.dates, decodeProduct)))
}

// Product reads one product (Mail+ API 5.11 no. 53).
func (c *Client) Product(ctx context.Context, id string) (Product, error) {
	return read(ctx, c, call{op: "spotler.Product", path: "product.get", id: id}, decoder(c.dates, decodeProduct))
}

// PostProduct adds a product; with update an existing one is changed instead of
// fault.Conflict (Mail+ API 5.11 no. 54).
func (c *Client) PostProduct(ctx context.Context, p Product, update bool) error {
	return c.writeProduct(ctx, call{op: "spotler.PostProduct", path: "product.post"}, p, update)
}

// PutProduct changes the product with the id of p (Mail+ API 5.11 no. 55).
func (c *Client) PutProduct(ctx context.Context, p Product) error {
	return c.writeProduct(ctx, call{op: "spotler.PutProduct", path: "product.put", id: p.ExternalID}, p, true)
}

func (c *Client) writeProduct(ctx context.Context, k call, p Product, update bool) error {
	body, err := p.wire(k.op)
	if err != nil {
		return err
	}
	return c.send(ctx, k, map[string]any{"update": update, "product": body})
}

// DeleteProduct removes a product (Mail+ API 5.11 no. 56); fault.NotFound when absent.
func (c *Client) DeleteProduct(ctx context.Context, id string) error {
	return c.send(ctx, call{op: "spotler.DeleteProduct", path: "product.delete", id: id}, nil)
}
