package people

// The words people are made of. Any likeness is by chance.

var firstNames = []string{
	"Anna", "Bram", "Carlijn", "Daan", "Eva", "Femke", "Gijs", "Hanneke", "Iris", "Jan", "Karin", "Lars", "Marieke", "Niels", "Olga", "Pieter",
	"Quinten", "Roos", "Sjoerd", "Tess", "Ulrike", "Vera", "Wouter", "Yara", "Zoë", "Noor", "Jip", "Thijs", "Fleur", "Maarten",
	"Amélie", "Björn", "Chiara", "Dmitri", "Esther", "Fatima", "Giulia", "Hans", "Inés", "José", "Kwame", "Łukasz", "Mei", "Nguyen", "Ömer", "Priya",
	"Siobhán", "Tomáš", "Umar", "Yuki",
}

// surnames come with their infix, which is empty for most.
var surnames = [][2]string{
	{"de", "Vries"}, {"van", "Dijk"}, {"van den", "Berg"}, {"", "Jansen"}, {"", "Bakker"}, {"van der", "Meer"}, {"", "Visser"}, {"de", "Boer"},
	{"", "Mulder"}, {"", "Smit"}, {"te", "Velde"}, {"", "Hendriks"}, {"van", "Leeuwen"}, {"", "Dekker"}, {"de", "Wit"}, {"", "Peters"},
	{"in 't", "Veld"}, {"", "Kuipers"}, {"ter", "Horst"}, {"", "Postma"}, {"", "O'Brien"}, {"", "Müller"}, {"", "García"}, {"", "Nowak"},
	{"", "Sørensen"}, {"", "Dubois"}, {"", "Rossi"}, {"", "Yılmaz"}, {"", "Okafor"}, {"", "Tanaka"}, {"", "Singh"}, {"", "Novák"},
	{"von", "Stein"}, {"de la", "Cruz"}, {"", "Lindqvist"}, {"", "Kowalczyk"},
}

// places are towns; only a Dutch place has a Dutch postcode.
var places = []struct{ city, country, postcode string }{
	{"Amsterdam", "Nederland", "1012 "}, {"Rotterdam", "Nederland", "3011 "}, {"Utrecht", "Nederland", "3511 "}, {"Groningen", "Nederland", "9711 "},
	{"Eindhoven", "Nederland", "5611 "}, {"Zwolle", "Nederland", "8011 "}, {"'s-Hertogenbosch", "Nederland", "5211 "}, {"Middelburg", "Nederland", "4331 "},
	{"Leeuwarden", "Nederland", "8911 "}, {"Maastricht", "Nederland", "6211 "},
	{"Antwerpen", "België", "2000"}, {"Köln", "Deutschland", "50667"}, {"London", "United Kingdom", "SW1A 1AA"}, {"Paris", "France", "75001"},
}

var streets = []string{
	"Dorpsstraat", "Kerkstraat", "Molenweg", "Stationsplein", "Julianalaan", "Singel", "Nieuwe Gracht", "Prins Hendrikkade", "Lindenlaan", "Achter de Hoven",
	"Industrieweg", "Beatrixstraat", "Oude Haven", "Eikenlaan",
}

var titles = []string{
	"Accountant", "Adviseur", "Beleidsmedewerker", "Communicatieadviseur", "Directeur", "Engineer", "Fondsenwerver", "HR manager", "Inkoper", "Journalist",
	"Marketeer", "Office manager", "Projectleider", "Redacteur", "Relatiebeheerder", "Secretaris", "Teamleider", "Vrijwilliger",
}

var companies = []string{
	"Noorderlicht", "De Brug", "Waterkracht", "Zonneveld", "Groenland", "Het Anker", "Kompas", "Rivierenhof", "Windhoek", "De Waag", "Lichtpunt", "Oostpoort",
}

var companyForms = []string{"BV", "Stichting", "Vereniging", "Groep", "NV"}
