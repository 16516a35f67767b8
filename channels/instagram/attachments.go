package instagram

import (
	"switchboard/channels/meta"
	"switchboard/chat"
)

// attachments reads attachments[] and settles the type of the message: that of its first attachment, else text.
func attachments(e *chat.Event, m meta.Value) {
	unknown := ""
	for v := range m.Get("attachments").Objects {
		typ := v.Get("type").Text()
		switch {
		case known(typ):
			add(e, typ, v)
		case unknown == "":
			unknown = first(typ, "unknown")
		}
	}
	if len(e.Content.Media) > 0 {
		e.Type = e.Content.Media[0].Type
	}
	if (e.Type == "" || e.Type == "fallback") && e.Text != "" {
		e.Type = "text"
	}
	if unknown != "" || e.Type == "" || m.Get("is_unsupported").Bool() {
		placeholder(e, m, unknown)
	}
}

// placeholder marks what cannot be shown. What can be shown of the message stays.
func placeholder(e *chat.Event, m meta.Value, typ string) {
	e.Flags = append(e.Flags, chat.FlagUnsupported)
	e.Content.RawType, e.Raw = typ, m.Raw()
	if e.Type == "" {
		e.Type = "unsupported"
	}
}

func known(typ string) bool {
	switch typ {
	case "image", "video", "audio", "file", "media", "share", "ig_post", "story_mention", "ig_reel", "reel", "story", "ig_story",
		"template", "fallback", "sticker", "animated_image":
		return true
	default:
		return false
	}
}

// add keeps an attachment once. When the platform renames a type it sends the old and the new one for a while: the newer
// takes the place of its twin.
func add(e *chat.Event, typ string, v meta.Value) {
	a := mediaOf(typ, v)
	if typ == "story_mention" || typ == "story" || typ == "ig_story" {
		if e.Content.Story == nil {
			e.Content.Story = &chat.Story{ID: a.ID, URL: a.URL}
		}
	}
	for i := range e.Content.Media {
		if twin := &e.Content.Media[i]; twins(*twin, a) {
			if newer(a.Type, twin.Type) {
				*twin = a
			}
			return
		}
	}
	e.Content.Media = append(e.Content.Media, a)
}

// twins are two types of one thing, which its id shows, or its address where one of them has no id. Two images are two images.
func twins(a, b chat.Media) bool {
	if !newer(a.Type, b.Type) && !newer(b.Type, a.Type) {
		return false
	}
	if a.ID != "" && b.ID != "" {
		return a.ID == b.ID
	}
	return a.URL != "" && a.URL == b.URL
}

func newer(a, b string) bool {
	return (a == "ig_post" && b == "share") || (a == "sticker" && b == "image") || (a == "ig_reel" && b == "reel") ||
		(a == "ig_story" && b == "story")
}

func mediaOf(typ string, v meta.Value) chat.Media {
	p := v.Get("payload")
	a := chat.Media{Type: typ, URL: first(p.Get("url").Text(), v.Get("url").Text()), Title: first(p.Get("title").Text(), v.Get("title").Text())}
	for _, name := range [...]string{
		"ig_post_media_id", "reel_video_id", "ig_story_media_id", "story_media_id", "story_id", "media_id", "id", "attachment_id", "sticker_id",
	} {
		a.ID = first(a.ID, p.Get(name).ID())
	}
	a.URL = first(a.URL, p.Get("story_media_url").Text())
	if typ == "template" && a.Title == "" {
		a.Title = templateTitle(p)
	}
	return a
}

// templateTitle is what a template of ours says first.
func templateTitle(p meta.Value) string {
	if text := first(p.Get("text").Text(), p.Get("button", "text").Text()); text != "" {
		return text
	}
	for _, elements := range []meta.Value{p.Get("generic", "elements"), p.Get("elements")} {
		for v := range elements.Objects {
			return v.Get("title").Text()
		}
	}
	return ""
}
