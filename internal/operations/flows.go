package operations

import (
	"context"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/spotler"
)

// Flows is what the operations need of Spotler's automations and campaigns.
type Flows interface {
	Automations(ctx context.Context) ([]spotler.Automation, error)
	TriggerAutomation(ctx context.Context, trigger string, person connector.ExternalID, fields []spotler.Field) (spotler.TriggerResult, error)
	StopAutomation(ctx context.Context, automation string, person connector.ExternalID) error
	StopAutomationRuns(ctx context.Context, runs []string) error
	Campaigns(ctx context.Context) ([]spotler.Campaign, error)
	TriggerCampaign(ctx context.Context, trigger string, person connector.ExternalID, fields []spotler.Field) error
	StopCampaign(ctx context.Context, campaign string, person connector.ExternalID) error
}

// Audiences is what the operations need of Spotler's dynamic lists.
type Audiences interface {
	Audience(ctx context.Context, id string) (spotler.Audience, error)
	CreateAudience(ctx context.Context, a spotler.Audience) (spotler.Audience, error)
	AddToAudience(ctx context.Context, audience string, ids []connector.ExternalID) (unknown []connector.ExternalID, err error)
	RemoveFromAudience(ctx context.Context, audience string, ids []connector.ExternalID) (unknown []connector.ExternalID, err error)
}
