package simulate

import "strings"

// dialogues are what people write, by language. A line that starts with "<" is the business's answer, given from the phone
// app or another tool.
func dialogues(language string) [][]string {
	all := map[string][]string{
		"en": {
			"Hi! Is order 48213 on its way?|<Hello! It left our warehouse this morning.|Great, when will it get here?|<Thursday before noon.|Perfect, thank you 🙏",
			"The blue mug arrived broken 😞|I can send a photo|<So sorry about that! A photo would help.|Here it is|<Thank you. A new one goes out today.|That was quick, thanks!",
			"Do you ship to New Zealand?|<We do, it takes about eight days.|And how much is it?|<12 USD up to two kilos.|Ok, I'll order tonight",
			"I was charged twice for the same order|Please check, this is the second time I ask|<Let me look at that right away.|<Found it, one payment is being refunded.|How long does the refund take?",
			"What are your opening hours on Sunday?|<Ten to four.|👍",
		},
		"es": {
			"Hola, ¿mi pedido ya salió?|<¡Hola! Sí, salió ayer por la tarde.|¿Y cuándo llega?|<Mañana antes de las dos.|Muchas gracias 😊",
			"Quiero cambiar la talla de la camiseta|<Claro, ¿qué talla necesita?|La M, por favor|<Listo, le enviamos la etiqueta de devolución.",
			"El cargador no funciona|Lo compré hace una semana|<Lamentamos la molestia. ¿Puede enviarnos una foto?|Aquí está",
		},
		"pt": {
			"Oi, tudo bem? Vocês entregam em Recife?|<Oi! Entregamos sim, em até cinco dias.|Qual é o frete?|<R$ 24,90.|Fechado, vou comprar agora",
			"Meu pacote está parado há três dias 😕|<Vou verificar com a transportadora.|<Ele sai para entrega hoje.|Obrigada pela rapidez!",
			"Posso pagar com Pix?|<Pode sim, com 5% de desconto.|Que bom! 🎉",
		},
		"fr": {
			"Bonjour, je n'ai pas reçu ma facture|<Bonjour, je vous la renvoie tout de suite.|Merci beaucoup !|<Avec plaisir.",
			"Est-ce que la lampe existe en vert ?|<Oui, elle revient en stock lundi.|Super, je repasse lundi alors",
			"Le colis est arrivé abîmé|Je vous envoie une photo|<Toutes nos excuses, nous le remplaçons.|Parfait, merci",
		},
		"de": {
			"Guten Tag, ist die Tasse spülmaschinenfest?|<Ja, bis 70 Grad.|Danke für die schnelle Antwort!",
			"Meine Bestellung 48213 fehlt ein Teil|<Das tut uns leid. Welches Teil fehlt?|Der Deckel|<Er geht heute noch raus.|Prima",
			"Kann ich die Lieferadresse noch ändern?|<Ja, bis heute Abend.|Bitte an Hauptstraße 1, 10115 Berlin",
		},
		"it": {
			"Buongiorno, avete la taglia 38?|<Buongiorno! Sì, ne restano due.|Ne prendo una, grazie|<Perfetto, la mettiamo da parte.",
			"Il codice sconto non funziona|<Provi con BENVENUTO10.|Ora funziona, grazie mille!",
		},
		"sv": {
			"Hej! När öppnar ni imorgon?|<Hej! Klockan tio.|Tack så mycket",
			"Jag vill lämna tillbaka en jacka|<Inga problem, ta med kvittot.|Toppen 👍",
		},
		"hi": {
			"नमस्ते, मेरा ऑर्डर कब आएगा?|<नमस्ते! कल शाम तक पहुँच जाएगा।|धन्यवाद 🙏",
			"क्या यह नीले रंग में मिलेगा?|<जी हाँ, स्टॉक में है।|ठीक है, एक भेज दीजिए",
		},
		"id": {
			"Halo kak, barangnya ready?|<Ready kak, silakan diorder.|Ongkir ke Bandung berapa ya?|<Rp 12.000 kak.|Oke aku order sekarang",
			"Pesanan saya belum sampai 😢|<Mohon maaf kak, kami cek dulu ya.|<Hari ini diantar kurir.|Siap, makasih kak",
		},
		"ar": {
			"مرحبا، متى يصل طلبي؟|<أهلاً بك، يصل غداً صباحاً.|شكراً جزيلاً 🌹",
			"هل يتوفر اللون الأسود؟|<نعم، متوفر الآن.|ممتاز، أريد قطعتين",
		},
		"ja": {
			"こんにちは。注文はいつ届きますか？|<明日の午前中にお届けします。|ありがとうございます！",
			"サイズを間違えて注文しました|<交換できますのでご安心ください。|助かります🙏",
		},
	}
	lines, ok := all[language]
	if !ok {
		lines = all["en"]
	}
	talks := make([][]string, len(lines))
	for i, l := range lines {
		talks[i] = strings.Split(l, "|")
	}
	return talks
}

// captions and file names of what people send.
func captions() []string { return []string{"", "", "see here", "📷", "like this one?", "the label"} }

func emojis() []string { return []string{"👍", "❤️", "😂", "🙏", "🎉", "😮"} }

// A site page visitors look at.
type sitePage struct{ path, title string }

func sitePages() []sitePage {
	return []sitePage{
		{"/", "Welcome"},
		{"/mugs", "Mugs"},
		{"/mugs/blue?utm_source=newsletter", "Blue mug"},
		{"/cart", "Your cart"},
		{"/checkout", "Checkout"},
		{"/shipping", "Shipping and returns"},
		{"/lamps/desk", "Desk lamp"},
		{"/account/orders", "Your orders"},
		{"/contact", "Contact"},
	}
}
