package chat

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Words of ViewFilter.Assigned beside user ids: whoever looks, and nobody.
const (
	AssignedMe     = "me"
	AssignedNobody = "nobody"
)

// Bounds of saved views and their filters.
const (
	MaxViews        = 50 // of one owner
	maxViewName     = 60
	maxFilterLabels = 5
	maxFilterText   = 200
)

// A ViewFilter is what an inbox list is filtered and sorted by, as data: an address, a form and a saved view all say it. Zero
// fields do not filter; everything that is set must hold.
type ViewFilter struct {
	State      State            `json:"state,omitempty" bson:"state,omitempty"`
	Assigned   string           `json:"assigned,omitempty" bson:"assigned,omitempty"` // AssignedMe, AssignedNobody or a user id
	Department string           `json:"department,omitempty" bson:"department,omitempty"`
	Channel    Channel          `json:"channel,omitempty" bson:"channel,omitempty"`
	Labels     []string         `json:"labels,omitempty" bson:"labels,omitempty"` // all of them
	Priority   string           `json:"priority,omitempty" bson:"priority,omitempty"`
	Flagged    bool             `json:"flagged,omitempty" bson:"flagged,omitempty"`
	Offered    bool             `json:"offered,omitempty" bson:"offered,omitempty"` // a transfer is offered to whoever looks
	Text       string           `json:"text,omitempty" bson:"text,omitempty"`
	Sort       ConversationSort `json:"sort,omitempty" bson:"sort,omitempty"`
}

// Clean drops what means nothing and bounds the rest, so that any address makes a filter that can be kept.
func (f ViewFilter) Clean() ViewFilter {
	known := func(v string, of ...string) bool { return slices.Contains(of, v) }
	if !known(string(f.State), string(StateOpen), string(StatePending), string(StateSnoozed), string(StateClosed)) {
		f.State = ""
	}
	if !known(f.Priority, "low", "normal", "high", "urgent") {
		f.Priority = ""
	}
	if !known(string(f.Sort), string(ByWaiting), string(ByCreated), string(ByOldest), string(ByPriority)) {
		f.Sort = ""
	}
	f.Assigned, f.Department, f.Channel = clip(clean(f.Assigned), 128), clip(clean(f.Department), 128), Channel(clip(clean(string(f.Channel)), 32))
	f.Text = clip(clean(f.Text), maxFilterText)
	var labels []string
	for _, raw := range f.Labels {
		if l, err := NormalizeLabel(raw); err == nil && !slices.Contains(labels, l) && len(labels) < maxFilterLabels {
			labels = append(labels, l)
		}
	}
	slices.Sort(labels)
	f.Labels = labels
	return f
}

// Query is the filter for one user. Its text is not part of it: what it finds is narrowed to separately.
func (f ViewFilter) Query(user *User) ConversationQuery {
	q := ConversationQuery{
		State: f.State, Department: f.Department, Channel: f.Channel, Labels: f.Labels, Priority: f.Priority, Flagged: f.Flagged, Sort: f.Sort,
	}
	if q.Sort == "" {
		q.Sort = ByActivity
	}
	switch f.Assigned {
	case "":
	case AssignedMe:
		q.Assignee = user.ID
	case AssignedNobody:
		q.Unassigned = true
	default:
		q.Assignee = f.Assigned
	}
	if f.Offered {
		q.OfferedTo = &Offer{User: user.ID, Departments: user.Departments}
	}
	return q
}

// Equal reports whether two filters show the same list in the same order.
func (f ViewFilter) Equal(o ViewFilter) bool {
	return slices.Equal(f.Labels, o.Labels) && f.State == o.State && f.Assigned == o.Assigned && f.Department == o.Department && f.Channel == o.Channel &&
		f.Priority == o.Priority && f.Flagged == o.Flagged && f.Offered == o.Offered && f.Text == o.Text && f.Sort == o.Sort
}

// A SavedView is a filter somebody keeps under a name: for themselves, or shared with everybody.
type SavedView struct {
	ID        string     `json:"id" bson:"_id"`
	Version   int64      `json:"version" bson:"version"`
	Name      string     `json:"name" bson:"name"`
	Owner     string     `json:"owner" bson:"owner"` // user id
	Shared    bool       `json:"shared,omitempty" bson:"shared,omitempty"`
	Filter    ViewFilter `json:"filter" bson:"filter"`
	Order     int        `json:"order" bson:"order"` // place among the shared ones, or among the owner's
	CreatedAt time.Time  `json:"created_at" bson:"created_at"`
}

// NewView makes a private view of the user's.
func NewView(id, name string, owner *User, filter ViewFilter, order int, at time.Time) (SavedView, error) {
	v := SavedView{ID: id, Version: 1, Owner: owner.ID, Filter: filter.Clean(), Order: order, CreatedAt: stamp(at)}
	return v, v.Rename(name, owner)
}

// VisibleTo reports whether the view stands in the user's list.
func (v *SavedView) VisibleTo(user string) bool { return v.Shared || v.Owner == user }

// MayShare reports whether a user may make views everybody sees.
func MayShare(user *User) bool { return user.Role == RoleAdmin || user.Role == RoleSupervisor }

// MayEdit reports whether the user may change or delete the view: their own private ones, and shared ones if they may share.
func (v *SavedView) MayEdit(user *User) bool {
	if v.Shared {
		return MayShare(user)
	}
	return v.Owner == user.ID
}

// editable refuses a user who may not change the view. To somebody who cannot see it, it is not there.
func (v *SavedView) editable(user *User) error {
	switch {
	case !v.VisibleTo(user.ID):
		return fmt.Errorf("chat: view of somebody else: %w", ErrNotFound)
	case !v.MayEdit(user):
		return fmt.Errorf("chat: shared view: %w", ErrForbidden)
	default:
		return nil
	}
}

// Rename gives the view another name.
func (v *SavedView) Rename(name string, by *User) error {
	if err := v.editable(by); err != nil {
		return err
	}
	name = clean(name)
	switch {
	case name == "":
		return invalid("name", "A view needs a name.")
	case utf8.RuneCountInString(name) > maxViewName:
		return invalid("name", fmt.Sprintf("A name can have at most %d characters.", maxViewName))
	}
	v.Name = name
	return nil
}

// Refilter makes the view show something else.
func (v *SavedView) Refilter(f ViewFilter, by *User) error {
	if err := v.editable(by); err != nil {
		return err
	}
	v.Filter = f.Clean()
	return nil
}

// Share shows the view to everybody, or takes it back to its owner.
func (v *SavedView) Share(shared bool, by *User) error {
	if err := v.editable(by); err != nil {
		return err
	}
	if !MayShare(by) {
		return fmt.Errorf("chat: share a view: %w", ErrForbidden)
	}
	v.Shared = shared
	return nil
}

// Removable refuses a user who may not delete the view.
func (v *SavedView) Removable(by *User) error { return v.editable(by) }

// SortViews puts views into the order lists show them in: shared ones first, then the user's own.
func SortViews(list []SavedView) {
	slices.SortStableFunc(list, func(a, b SavedView) int {
		if a.Shared != b.Shared {
			if a.Shared {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.Order, b.Order), a.CreatedAt.Compare(b.CreatedAt), strings.Compare(a.ID, b.ID))
	})
}

// MoveView moves a view one place up or down among its like (shared with shared) and returns the new Order of every view of
// that group, by id; nil when there is nowhere to move. The list must be sorted.
func MoveView(list []SavedView, id string, up bool) map[string]int {
	at := slices.IndexFunc(list, func(v SavedView) bool { return v.ID == id })
	if at < 0 {
		return nil
	}
	var group []string
	for i := range list {
		if list[i].Shared == list[at].Shared {
			group = append(group, list[i].ID)
		}
	}
	from := slices.Index(group, id)
	to := from + 1
	if up {
		to = from - 1
	}
	if to < 0 || to >= len(group) {
		return nil
	}
	group[from], group[to] = group[to], group[from]
	order := make(map[string]int, len(group))
	for i, v := range group {
		order[v] = i
	}
	return order
}
