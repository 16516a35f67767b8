package view

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What ICU writes for the same instant (Node's Intl), which has its data from CLDR as well.
func TestDatesAsTheViewerWritesThem(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 5, 14, 3, 9, 0, time.UTC)
	for tag, want := range map[string]struct{ clock, date, day, year, number, minutes, today, exact string }{
		"en-GB": {"14:03", "5 Mar", "Thursday 5 March", "Thursday, 5 March 2026", "1,234,567", "3 min", "Today", "Thu, 5 Mar 2026, 14:03:09 UTC"},
		"en-US": {"2:03 PM", "Mar 5", "Thursday, March 5", "Thursday, March 5, 2026", "1,234,567", "3 min", "Today", "Thu, Mar 5, 2026, 2:03:09 PM UTC"},
		"de":    {"14:03", "5. März", "Donnerstag, 5. März", "Donnerstag, 5. März 2026", "1.234.567", "3 Min.", "Heute", "Do., 5. März 2026, 14:03:09 UTC"},
		"fr":    {"14:03", "5 mars", "Jeudi 5 mars", "Jeudi 5 mars 2026", "1 234 567", "3 min", "Aujourd’hui", "jeu. 5 mars 2026, 14:03:09 UTC"},
		"es":    {"14:03", "5 mar", "Jueves, 5 de marzo", "Jueves, 5 de marzo de 2026", "1.234.567", "3 min", "Hoy", "jue, 5 mar 2026, 14:03:09 UTC"},
		"pt-BR": {"14:03", "5 de mar.", "Quinta-feira, 5 de março", "Quinta-feira, 5 de março de 2026", "1.234.567", "3 min", "Hoje", "qui., 5 de mar. de 2026 14:03:09 UTC"},
		"hi":    {"2:03 pm", "5 मार्च", "गुरुवार, 5 मार्च", "गुरुवार, 5 मार्च 2026", "12,34,567", "3 मि॰", "आज", "गुरु, 5 मार्च 2026, 2:03:09 pm UTC"},
		"ar":    {"2:03 م", "5 مارس", "الخميس، 5 مارس", "الخميس، 5 مارس 2026", "1,234,567", "3 د", "اليوم", "الخميس، 5 مارس 2026، 2:03:09 م UTC"},
		"ar-EG": {"٢:٠٣ م", "٥ مارس", "الخميس، ٥ مارس", "الخميس، ٥ مارس ٢٠٢٦", "١٬٢٣٤٬٥٦٧", "٣ د", "اليوم", "الخميس، ٥ مارس ٢٠٢٦، ٢:٠٣:٠٩ م UTC"},
		"ja":    {"14:03", "3月5日", "3月5日木曜日", "2026年3月5日木曜日", "1,234,567", "3 分", "今日", "2026年3月5日(木) 14:03:09 UTC"},
	} {
		t.Run(tag, func(t *testing.T) {
			t.Parallel()
			plain := strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace // kinds of space that do not break
			clock := NewClock(at.AddDate(0, 1, 0), "UTC").For(LocaleFor(tag, ""))
			require.Equal(t, want.clock, plain(clock.Time(at)))
			require.Equal(t, want.date, plain(clock.Date(at)))
			require.Equal(t, want.day, plain(clock.day(at)))
			require.Equal(t, want.exact, plain(clock.Moment(at).Exact))
			require.Equal(t, want.number, plain(clock.Number(1234567)))
			clock.Now = at.AddDate(2, 0, 0)
			require.Equal(t, want.year, plain(clock.day(at)))
			clock.Now = at.Add(3 * time.Minute)
			require.Equal(t, want.minutes, plain(clock.Moment(at).Relative))
			require.Equal(t, want.today, clock.day(at))
		})
	}
}

func TestNoonAndMidnight(t *testing.T) {
	t.Parallel()
	clock := NewClock(noon, "UTC").For(LocaleFor("en-US", ""))
	for hour, want := range map[int]string{0: "12:05\u202fAM", 1: "1:05\u202fAM", 12: "12:05\u202fPM", 23: "11:05\u202fPM"} {
		require.Equal(t, want, clock.Time(time.Date(2026, 1, 1, hour, 5, 0, 0, time.UTC)))
	}
	require.Equal(t, "1234", LocaleFor("es", "").Number(1234), "Spanish groups from five digits on")
	require.Equal(t, "-12.345", LocaleFor("es", "").Number(-12345))
	require.Equal(t, "1 dia", LocaleFor("pt-BR", "").amount(LocaleFor("pt-BR", "").DaysAgo, 1))
}

func TestLocaleIsChosenByUserThenBrowser(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ chosen, accepted, want string }{
		{"", "", "en-GB"},
		{"de", "fr", "de"},
		{"", "fr-CH, fr;q=0.9, en;q=0.8", "fr-CH"},
		{"", "de-LI,en;q=0.5", "de"},
		{"", "en", "en-US"},
		{"", "pt", "pt-BR"},
		{"", "zh-TW", "zh-Hant"},
		{"", "tlh", "en-GB"},
		{"", "*", "en-GB"},
		{"not a tag", "it", "it"},
		{"", "<script>;;q=zz", "en-GB"},
		{"", strings.Repeat("de,", 1000), "en-GB"},
	} {
		require.Equal(t, c.want, LocaleFor(c.chosen, c.accepted).Tag, "%+v", c)
	}
}

func TestEveryLocaleIsWhole(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 30, 23, 59, 0, 0, time.UTC)
	for i := range locales().List {
		l := &locales().List[i]
		require.Len(t, l.Months, 12, l.Tag)
		require.Len(t, l.ShortMonths, 12, l.Tag)
		require.Len(t, l.Days, 7, l.Tag)
		require.Len(t, l.ShortDays, 7, l.Tag)
		for _, pattern := range []string{l.ShortDate, l.YearDate, l.FullDate, l.LongDay, l.LongDayYear, l.Time, l.FullTime, l.WeekTime} {
			require.NotEmpty(t, l.format(pattern, at), l.Tag)
		}
		require.Contains(t, l.Join, "{0}", l.Tag)
		require.Contains(t, l.Minutes[0], "{0}", l.Tag)
		require.Contains(t, l.Seconds[0], "{0}", l.Tag)
		for _, word := range []string{l.Now, l.Today, l.Yesterday, l.Tomorrow} {
			require.NotEmpty(t, word, l.Tag)
		}
		require.True(t, json.Valid([]byte(l.Relative())), l.Tag)
	}
	options := LocaleOptions("pt-BR")
	require.Len(t, options, len(locales().List)+1)
	require.Contains(t, options, Option{Value: "pt-BR", Name: "Português (Brasil)", Selected: true})
	require.Contains(t, options, Option{Value: "de", Name: "Deutsch"})
}
