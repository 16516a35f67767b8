package seed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"switchboard/chat"
)

// Workspace is what Furnish writes through.
type Workspace interface {
	UpdateSettings(ctx context.Context, edit func(*chat.Settings) error) (chat.Settings, error)
	CreateUser(ctx context.Context, u chat.User) error
}

// Furnish sets up the workspace and tells the spec of it: departments, labels, and colleagues who cannot sign in until somebody
// gives them a password. What is there already stays.
func Furnish(ctx context.Context, s Workspace, spec *Spec) error {
	spec.Departments = []chat.Department{
		{ID: "sales", Name: "Sales"},
		{ID: "support", Name: "Support"},
		{ID: "billing", Name: "Billing"},
		{ID: "shipping", Name: "Shipping"},
		{ID: "returns", Name: "Returns"},
		{ID: "technical", Name: "Technical help"},
		{ID: "trade", Name: "Trade"},
		{ID: "press", Name: "Press"},
	}
	colours := []chat.LabelDefinition{
		{Name: "delivery", Color: "teal"},
		{Name: "refund", Color: "amber"},
		{Name: "question", Color: "blue"},
		{Name: "complaint", Color: "red"},
		{Name: "priority::high", Color: "orange"},
		{Name: "order", Color: "indigo"},
		{Name: "feedback", Color: "green"},
		{Name: "wholesale", Color: "violet"},
		{Name: "gift", Color: "pink"},
		{Name: "spam", Color: "gray"},
	}
	_, err := s.UpdateSettings(ctx, func(settings *chat.Settings) error {
		for _, d := range spec.Departments {
			if !slices.ContainsFunc(settings.Departments, func(x chat.Department) bool { return x.ID == d.ID }) {
				settings.Departments = append(settings.Departments, d)
			}
		}
		for _, l := range colours {
			if !slices.ContainsFunc(settings.Labels, func(x chat.LabelDefinition) bool { return x.Name == l.Name }) {
				settings.Labels = append(settings.Labels, l)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("seed: settings: %w", err)
	}
	for _, l := range colours {
		spec.Labels = append(spec.Labels, l.Name)
	}
	for i, name := range []string{"Noor Haddad", "Liam Becker", "Sofia Rossi", "Mateo Vega", "Aiko Tanaka", "Elin Berg", "Tom Hale", "Priya Nair"} {
		first, _, _ := strings.Cut(strings.ToLower(name), " ")
		u := chat.User{
			ID: "seed-" + first, Email: first + "@seed.example", Name: name, Role: chat.RoleAgent, CreatedAt: spec.Until,
			Departments: []string{spec.Departments[i%len(spec.Departments)].ID},
		}
		if err := s.CreateUser(ctx, u); err != nil && !errors.Is(err, chat.ErrConflict) {
			return fmt.Errorf("seed: user: %w", err)
		}
		spec.Agents = append(spec.Agents, u)
	}
	return nil
}
