package chat

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// offerWait is how long offers wait in these tests.
const offerWait = 15 * time.Minute

// Who takes part in the tests of transfers.
func bo() *User { return &User{ID: "u-bo", Departments: []string{"billing"}} }
func cy() *User { return &User{ID: "u-cy", Departments: []string{"billing", "sales"}} }

func toBo() Transfer {
	return Transfer{From: "u-ada", FromName: "Ada", To: "u-bo", ToName: "Bo", Note: " wants a refund "}
}

func toBilling() Transfer {
	return Transfer{From: "u-ada", FromName: "Ada", Department: "billing", ToName: "Billing"}
}

func TestTransferIsAccepted(t *testing.T) {
	c := talk()
	require.NoError(t, c.Assign("u-ada", "Ada", "Ada", second(1)))
	require.NoError(t, c.Offer(toBo(), offerWait, second(10)))
	require.Equal(t, "u-ada", c.Assignee, "it stays with who offers it until it is accepted")
	require.Equal(t, second(10).Add(offerWait), c.Due())
	require.True(t, c.OfferedTo("u-bo", nil))
	require.False(t, c.OfferedTo("u-cy", []string{"billing"}))
	require.ErrorIs(t, c.Accept(cy(), "Cy", second(11)), ErrForbidden)
	require.NoError(t, c.Accept(bo(), "Bo", second(12)))
	require.Equal(t, "u-bo", c.Assignee)
	require.Nil(t, c.Transfer)
	require.Equal(t, []string{"assigned Ada Ada", "transfer_offered Bo Ada", "transfer_note wants a refund Ada", "transfer_accepted Ada Bo"}, happened(&c))
}

func TestTwoOfADepartmentAcceptAtOnce(t *testing.T) {
	c := talk()
	require.NoError(t, c.Offer(toBilling(), offerWait, second(10)))
	require.False(t, c.OfferedTo("u-ada", []string{"billing"}), "not to oneself, even in the same department")
	require.NoError(t, c.Accept(cy(), "Cy", second(11)))
	err := c.Accept(bo(), "Bo", second(12))
	require.Equal(t, &ConflictError{Field: "transfer", Theirs: "transfer_accepted", By: "Cy", At: second(11)}, err, "the second is told who was first")
	require.Equal(t, "u-cy", c.Assignee)
	require.Equal(t, "billing", c.Department)
}

func TestTransferComesBack(t *testing.T) {
	for name, answer := range map[string]func(c *Conversation) (string, error){
		"declined": func(c *Conversation) (string, error) {
			return "transfer_declined too busy Bo", c.Decline(bo(), "Bo", " too busy ", second(20))
		},
		"declined without a reason": func(c *Conversation) (string, error) {
			return "transfer_declined  Bo", c.Decline(bo(), "Bo", "", second(20))
		},
		"not answered": func(c *Conversation) (string, error) {
			require.Empty(t, c.BringBack(second(10).Add(offerWait-1)))
			require.Equal(t, []string{"returned"}, c.BringBack(second(10).Add(offerWait)))
			return "transfer_lapsed Bo", nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := talk()
			require.NoError(t, c.Offer(toBo(), offerWait, second(10)))
			want, err := answer(&c)
			require.NoError(t, err)
			require.Nil(t, c.Transfer)
			require.Equal(t, "u-ada", c.Assignee, "with who offered it")
			require.Equal(t, want, happened(&c)[2])
			require.ErrorIs(t, c.Accept(bo(), "Bo", second(2000)), ErrConflict)
		})
	}
}

func TestTransferIsWithdrawn(t *testing.T) {
	c := talk()
	require.NoError(t, c.Offer(toBo(), offerWait, second(10)))
	require.ErrorIs(t, c.Withdraw("u-cy", "Cy", second(11)), ErrForbidden)
	require.NoError(t, c.Withdraw("u-ada", "Ada", second(12)))
	require.Empty(t, c.Assignee, "as it was")
	require.Equal(t, &ConflictError{Field: "transfer", Theirs: "transfer_withdrawn", By: "Ada", At: second(12)}, c.Accept(bo(), "Bo", second(13)))
	require.ErrorIs(t, c.Decline(bo(), "Bo", "", second(13)), ErrConflict)
	require.ErrorIs(t, c.Withdraw("u-ada", "Ada", second(14)), ErrConflict)
}

func TestWhatEndsAnOffer(t *testing.T) {
	for name, end := range map[string]func(c *Conversation) error{
		"assigning":        func(c *Conversation) error { return c.Assign("u-cy", "Cy", "Ada", second(20)) },
		"closing":          func(c *Conversation) error { return c.SetState(StateClosed, "Ada", second(20)) },
		"moving elsewhere": func(c *Conversation) error { return c.SetDepartment("sales", "Sales", "Ada", second(20)) },
	} {
		t.Run(name, func(t *testing.T) {
			c := talk()
			require.NoError(t, c.Offer(toBo(), offerWait, second(10)))
			require.NoError(t, end(&c))
			require.Nil(t, c.Transfer)
			require.Zero(t, c.Due())
		})
	}
}

func TestOffersThatAreRefused(t *testing.T) {
	closed := talk()
	require.NoError(t, closed.SetState(StateClosed, "Ada", second(1)))
	for name, c := range map[string]struct {
		on    Conversation
		offer Transfer
	}{
		"to nobody":            {talk(), Transfer{From: "u-ada"}},
		"to both":              {talk(), Transfer{From: "u-ada", To: "u-bo", Department: "billing"}},
		"to oneself":           {talk(), Transfer{From: "u-ada", To: "u-ada"}},
		"a closed one":         {closed, toBo()},
		"a note of any length": {talk(), Transfer{From: "u-ada", To: "u-bo", Note: strings.Repeat("x", MaxTransferNote+1)}},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, c.on.Offer(c.offer, offerWait, second(10)), ErrInvalid)
			require.Nil(t, c.on.Transfer)
		})
	}
	c := talk()
	require.NoError(t, c.Offer(toBo(), offerWait, second(10)))
	require.Equal(t, &ConflictError{Field: "transfer", Theirs: "Bo", By: "Ada", At: second(10)}, c.Offer(toBilling(), offerWait, second(11)), "one offer at a time")
	require.ErrorIs(t, c.Decline(bo(), "Bo", strings.Repeat("x", MaxTransferNote+1), second(12)), ErrInvalid)
}

func TestWhoIsToldOfAnOffer(t *testing.T) {
	c := talk()
	gone := cy()
	gone.ID, gone.DisabledAt = "u-gone", second(1)
	all := []User{{ID: "u-ada", Departments: []string{"billing"}}, *bo(), *cy(), *gone, {ID: "u-dee"}}
	require.NoError(t, c.Offer(toBilling(), offerWait, second(10)))
	told := c.Offers(all)
	require.Len(t, told, 2, "the members, but neither who offers it nor who is gone")
	require.Equal(t, []string{"u-bo", "u-cy"}, []string{told[0].UserID, told[1].UserID})
	require.Equal(t, c.Transfer.ExpiresAt, told[0].ExpiresAt)
	require.NotEqual(t, told[0].ID, told[1].ID)
	require.Equal(t, told, c.Offers(all), "telling twice tells once")
	require.NoError(t, c.Withdraw("u-ada", "Ada", second(11)))
	require.Empty(t, c.Offers(all))
}
