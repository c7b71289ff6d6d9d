"""Figures that apply a rule of the documents to the case of the question, and those that only look like it."""

import pytest

from assay.checks.calculations import miscalculated
from assay.checks.numbers import unsupported_numbers
from assay.checks.quantities import quantities


def unsupported(answer: str, question: str, *contexts: str) -> list[str]:
    return [one.text for one in unsupported_numbers(answer, contexts, question)]


# fmt: off
FOLLOWS = [
    # Days and clocks.
    ("By 25 September.", "I got the offer on 18 September.", "A place must be accepted within seven days."),
    ("It was fitted on 23 October.", "Is it repaired?", "From: Clerk, 24 October: Pump fitted yesterday."),
    ("It was down from 06:12 to 09:47, i.e. 3 h 35 min.", "How long?", "Unavailable from 06:12 to 09:47 UTC."),
    ("Three weeks are 15 working days.", "Three weeks abroad?", "Up to 20 days a year."),
    # What a heading counts in, rows, scores, multiplicities, both, an example, lists of the answer.
    ("Sales fell by USD 30.5 million, from 640.5 to 610.0 million, or 4.8 %.", "Sales?", "USD million | 2023 | 2024\nSales | 640.5 | 610.0\nCosts | 402.5 | 415.0"),
    ("Only Freight lost money: EUR 7.4 million.", "Who lost?", "EUR million, first half: Parcels 61.2, Freight -7.4, Post 12.9. Staff 3,120."),
    ("Mora has 2,016 runs in 84 games, 24.0 per game.", "Best hitter?", "Player | Games | Runs\nMora | 84 | 2,016\nIto | 80 | 1,610"),
    ("Ito has 20.1 per game.", "And Ito?", "Player | Games | Runs\nMora | 84 | 2,016\nIto | 80 | 1,610"),
    ("They let in 41 goals at home.", "Goals against?", "Home: won 9, lost 4, goals 28:41."),
    ("The 317 time-outs came later.", "What happened?", "08:02:11 ERROR upstream timed out (x317)"),
    ("About 915 square feet.", "In square feet?", "3 rooms, 85 m², balcony."),
    ("85 m² or so.", "In m²?", "The flat has 915 sq ft."),
    ("Beide Karten zusammen kosten 46 Euro.", "Was kosten beide?", "Eine Karte kostet 23 Euro."),
    ("Bis zu 70 Euro im Jahr (zweimal 35 Euro).", "Wie viel?", "Zweimal im Jahr zahlen wir bis zu 35 Euro."),
    ("After that you pay one more week.", "Late?", "Then a full extra week is charged."),
    ("On an £80 order, that's £20.", "How much back?", "You get 25 % back."),
    ("比如300元的商品付240元。", "打几折？", "会员8折。"),
    ("5 restarts (08:01, 08:04, 08:09, 08:15, 08:22).", "How often?", "08:01 restart\n08:04 restart\n08:09 restart\n08:15 restart\n08:22 restart"),
    ("The gap is 6 minutes 10 seconds.", "How far apart?", "Men: 2:05:40, women: 2:11:50."),
    ("From 1893, four years before the tower.", "When was it built?", "The bridge was built in 1893. The tower was built in 1897."),
    ("For 6 people 90 g are enough.", "How much butter?", "For 12 people: 180 g of butter, 300 g of flour."),
    ("子どもは大人の60%で9,000円です。", "子どもは?", "大人は15,000円です。子どもは60%です。"),
    # Rules that the answer applies to all, and what it makes of one text.
    (
        "Multiply everything by 1.5: 450 g lentils, 1½ onions, 1.35 l stock.",
        "For six?",
        ("Serves 4: 300 g lentils, 1 onion, 2 carrots, 400 g tomatoes, 900 ml stock, 30 ml oil, 15 ml vinegar. Focaccia: 500 g flour, 400 ml water, 10 g salt, 3 g yeast, 50 ml oil. "
        "Granola: 301 g oats, 100 g nuts, 60 g seeds, 80 ml syrup, 61 ml oil, 80 g fruit, 650 g in all, 50 g each, 25 min, 160 °C, 18 h, 24 cm."),
    ),
    ("Pro rata it is 26 × 3/5 = 15.6.", "I work 3 days a week.", "Full-time employees have 26 days of leave."),
    ("£33,000 of the £94,000 was left, about 35 %.", "What was left?", "61,000 of 94,000 pounds were spent by the end of August."),
    ("$900 m in cash and $300 m in shares of the $1.2 bn.", "The price?", "For 1.2 billion dollars, of which 900 million in cash and the rest in shares."),
    ("Of 610,000 visitors each pays €4, about €2.4 million a year.", "What does it bring?", "610,000 day visitors came. Each visitor pays 4 euros."),
    ("Eastmark is ahead by €600, or €1,200 with the bonus of €600.", "By how much?", "Norvania pays 3,600 euros. Eastmark pays 4,200 euros, and 600 euros as a bonus."),
    ("From 14 in 28,000 (one in 2,000) to 6 in 30,000 (one in 5,000), the rate fell by 60 %.", "The rate?", "14 accidents in 28,000 crossings in 2021. In 2025 there were 6 in 30,000."),
    ("39 s of 48:51 (2,931 s) are 1.3 %.", "How much faster?", "48 min 12 s after nitrate and 48 min 51 s after placebo, a difference of 39 s."),
    ("10 × 0,30 zł = 3 zł.", "Ile kosztuje 10 stron?", "Wydruk kosztuje 30 gr za stronę i 1,20 zł za kolorową."),
    ("Until 15 November.", "It was issued on 15 January.", "The certificate is valid for ten months."),
    (
        "Until 31 December 2027.",
        "I bought it in May 2024.",
        "Cards are valid for three years from the end of the year of purchase.",
    ),
    ("From 1 July.", "I apply on 12 April.", "The change takes effect with two months' notice to the end of a month."),
    ("It ended on the 10th.", "It came on the 3rd.", "Damage must be reported within 7 days."),
    ("You arrive at 10:05.", "Which shuttle?", "The shuttle leaves at 9:30. It takes 35 minutes."),
    (
        "At 16:20 (35 + 10 + 35 minutes).",
        "Kick-off 15:00, when does it end?",
        "Two halves of 35 minutes, a break of 10 minutes.",
    ),
    ("Jusqu'à 20 h 15.", "Jusqu'à quand peut-on entrer ?", "Ouvert jusqu'à 21 h. Dernière entrée 45 minutes avant."),
    ("Only 61 days lie in between.", "Stroke on 1 May, screening on 1 July?", "Strokes within 90 days are excluded."),
    ("15 days, both ends counted.", "How long is it away?", "It is out of service from 4 May to 18 May."),
    ("Depuis 83 ans, de 1931 à 2014.", "Depuis quand ?", "Il s'arrêta en 1931 et fut restauré en 2014."),
    # Units.
    ("Roughly 1.6 in (4 cm).", "Size in inches?", "They grow to about 4 cm."),
    ("About 31 mph.", "In mph?", "Ten stops from 50 km/h."),
    ("356 °F.", "In Fahrenheit?", "Bake at 180 °C."),
    ("午前5時からです。", "When?", "Open from 5 am."),
    ("One week.", "DVDs?", "Os DVD são emprestados por 7 dias."),
    # Calculations and shares.
    ("€3,360: 2 × €1,500 plus 2 × €180.", "One year?", "1,500 euros per semester and a contribution of 180 euros."),
    ("20,000 × 3 % ÷ 2 is €300.", "I have 20,000 euros.", "3 percent for the first half year."),
    ("€3,600.", "Maximum bonus on 45,000?", "The bonus is up to 8 percent of the salary."),
    ("It adds 8 %: 300 × 1.08.", "I pay 300 pounds.", "Monthly payment adds 8 percent."),
    ("€316 a year.", "My system feeds in 4,000 kWh.", "You get 7.9 cents per kWh."),
    ("With monthly billing $2,160 per year.", "What do 20 members cost?", "Team is $9 per member and month."),
    ("Two equal parts of €138, in all €276.", "What do I pay?", "The tax is 276 euros."),
    ("1.25 kg of sugar.", "For 2.5 kg of berries?", "1 kg strawberries and 500 g sugar."),
    ("Multiply by 2.5: 2 kg.", "Soup for 10 people?", "Serves 4: 800 g pumpkin."),
    ("396 Euro.", "Wir haben 3 Hunde.", "96 Euro für den ersten und 150 Euro für jeden weiteren Hund."),
    ("150 MW less (1,250 → 1,100 MW), 12 %.", "In percent?", "1,250 MW in winter and 1,100 MW in summer."),
    (
        "You can spread it, e.g. over two years. E.g. 24 payments of €40.",
        "Can I pay in parts?",
        "Payment over two years is possible.",
    ),
    ("Say, 20 boxes: they fit.", "Does it hold boxes?", "It holds many boxes."),
    # Days from today, which stands behind the question.
    ("In nine days, on 1 December.", "When does it start?\n2026-11-22", "The exhibition runs from 1 December."),
    ("That was almost seven weeks ago.", "Am I late?\n2026-11-22", "Applications closed on 5 October."),
    ("On 11 December.", "When is the next market?\n2026-11-22", "The market is held on the second Friday of each month."),
    ("Le 25 décembre.", "Quand ?\n2026-11-22", "Le bureau ferme le dernier vendredi du mois."),
    ("In August 2031.", "It was planted in August 2011.", "A tree is protected for 20 years."),
    ("On 12 May 2027.", "When?", "The 2027 season begins on 12 May."),
    ("For 1 hour.", "How long?", "The garden may be watered for an hour."),
    ("The bridge is 15 years old.", "How old is it?\n2026-11-22", "The bridge was built in 2011."),
    ("Take 2½ litres.", "How much?", "Take two and a half litres."),
    ("Drink 1.5 l.", "How much?", "Drink a litre and a half."),
    ("It existed for 12 years.", "How long?", "Founded in 2008, closed in 2020."),
    ("At 12:30.", "It starts at 11, when is it over?", "It takes 90 minutes."),
    ("By the 14th.", "When?", "It closes on 14 May."),
    ("On the 1st.", "When is it paid?", "It is paid on the first of each month."),
    ("300 × 1.08 = 324 euros.", "300 euros before tax?", "Tax is 8 percent."),
    ("That is 9 hours of rest.", "I sleep from 22:00 to 7:00.", "Everybody needs rest."),
    # Hours that are written in another way.
    ("Until 6 p.m.", "How late?", "Open from 8 to 6."),
    ("Von 8 bis 18 Uhr.", "Wie lange?", "Open from 8 to 6."),
    ("Um halb fünf.", "Wann schließt ihr?", "Wir schließen um 16.30 Uhr."),
    ("Only from 9 to 2.", "On Fridays?", "Le vendredi de 9 h à 14 h."),
    ("At twenty past nine.", "When does it end if it starts at 19:00?", "It lasts 2 hours 20 with the break."),
    # Currencies that are left out or have no sign, parts, and sums in other languages.
    ("Half of 62 euros each, so 31 a head.", "Two seats, both under 25?", "Seats cost 62 euros. Under 25 half."),
    ("60 crowns - 4 days at 15 each.", "Four days late?", "Each day of delay costs 15 crowns."),
    ("Ensemble 3 € et 2,50 €, soit 5,50 € en tout.", "Combien ?", "Le livre coûte 3 €, le sac 2,50 €."),
    ("Each of the six rates is 80 euros.", "480 euros in six rates?", "Above 300 euros one may pay in parts."),
    ("21 mites in three days are 7 a day.", "21 in three days?", "More than one is too many."),
    ("Room 180 + piano 45 + cleaning 30 = 255 euros.", "What in all?", "Room 180 euros, piano 45 euros, cleaning 30 euros, towels 8 euros, tea 2 euros."),
    ("40 minutes: 16 for the big one and 4 × 6 for the small ones.", "One big and 4 small?", "16 minutes for a big oven and 6 for each small one."),
    ("Beyond 2,000 there are 5,000 left, and 15 percent is 750.", "I earned 7,000.", "The allowance is 2,000, the rate 15 percent."),
    ("The leader pays it, so 0 for the others.", "What does it cost each?", "The leader pays 50 gold."),
    ("9,6 kg (800 g je Kilogramm).", "Ich habe 12 kg.", "Für jedes Kilogramm gibt es 800 g."),
    ("Bring the form. (3)", "What do I need?", "Bring the form."),
    ("Yes. (1)(2) Have a good day.", "Is it open?", "It is open."),
    ("Example: notice on 20 March ends it on 31 May.", "How?", "Two months' written notice."),
    ("About 24,000: 48 new wells, each for around 500 people.", "How many people, in 2025?", "We built 48 wells. One serves about 500 people."),
    ("€320. Three days are free, the other five cost 800 kg × €0.08 = €64 each.", "800 kg for 8 days?", "Free for 3 days, then €0.08 per kg and day."),
    ("€2,960 deposit; €1,480 / 74 m² = €20 per m².", "What's the total deposit, and the rent per square metre?", '{"rent_eur":1480,"deposit_months":2,"area_m2":74}'),
    ("The rule of thumb is 3 × rent = €5,175.", "We earn 4,800. Enough?", 'Net income should be 3 times the rent. {"rent_eur":1725}'),
    ("210 × 1.12 = €235.20, transit 3 days.", "420 kg, all in?", "weight_kg,price_eur,transit_days\n0-100,85,3\n101-500,210,3\nfuel surcharge 12 %"),
    ("B ist je kWh um 1,6 ct günstiger, hat aber einen um 1,60 Euro höheren Grundpreis.", "Unterschied?", "A: 31,4 ct, 11,90 Euro. B: 29,8 ct, 13,50 Euro."),
    ("Arbeitspreis: 942,00 €\nGrundpreis: 142,80 €\nSumme: 1.084,80 €", "3.000 kWh: Jahreskosten?", "Arbeitspreis 31,4 ct/kWh, Grundpreis 11,90 Euro im Monat."),
    ("Sono 24 € (6 GB in tutto).", "Due settimane, quanto pago?", "Il pacchetto settimanale costa 12 € per 3 GB."),
    ("Ida y vuelta suman 24 km.", "¿Cuántos km ida y vuelta?", "From Poncebos to Caín, 12 km one way."),
    ("Około 18,7 punktu na mecz (412 punktów w 22 meczach).", "Średnia?", "Zdobył 412 punktów w 22 meczach."),
    ("A fall of about 56 %.", "They were 240, now 105.", "A fall of more than 50 %: stop."),
    ("Up to 60 days; two months can be 61 or 62 days.", "For two months?", "Cover applies for up to 60 days."),
    ("The next slot would be 10 December.", "What if we miss it?", "They come on 2 December. Crane on the 3rd. The next slot is the 10th."),
    ("You will have 13 by then.", "I am here for 9 months, and it is due in four months.", "After 12 months of service."),
    ("In 350 Betriebsstunden.", "Der Zähler steht bei 1.650 h.", "Regrease every 2,000 operating hours."),
    ("Breakfast £9, lunch £14, dinner £28. That adds up to £51 for all three.", "What a day?", "Breakfast £9, lunch £14, dinner £28. Receipts over £5."),
    ("84 cents of each dollar go to programmes.", "Where does it go?", "84 % went to programmes."),
    ("Full pay for the first twelve, sixty percent for the rest.", "How long?", "100 % for 12 weeks, 60 % for 14 weeks."),
    ("140.", "Our hall is at level 3, how many slots?", "The bank has 80 slots and gets 20 more with each level."),
    ("It lasts 90 days, so it runs 60 days after issue, about 2 March.", "It was issued on 1 January.", "Valid for 90 days, renewed 30 days before."),
    ("Twenty and a half degrees.", "How warm?", "It is 20.5 degrees."),
    ("The desk is staffed 24/7.", "When?", "It is staffed around the clock."),
    ("0-100,62,2", "Which row?", "weight_kg,price_eur,transit_days\n0-100,62,2"),
    ("It times out after 30 minutes.", "Code 3?", "Code | Meaning\n3 | timed out (default 30m)"),
    ("Tokens live for 7 days.", "How long?", "session_ttl: 7d"),
    ("1200 × 800 mm, i.e. 0.96 m².", "Footprint in m²?", "type,length_mm,width_mm\nEUR1,1200,800"),
    ("La bottiglia da mezzo litro a 12 € fa 24 € al litro.", "Conviene la latta?", "Bottiglia da 0,5 l 12 €, latta da 3 l 60 €."),
    ("25 Nm, about 18 lb-ft (1 Nm = 0.738 lb-ft).", "In lb-ft?", "part,Nm,note\nwheel bolts,120,cross\nspark plugs,25,cold"),
    ("That's three fifths, i.e. 16.2 days.", "I work 3 days a week.", "Full-time staff have 27 days of annual leave."),
    ("Never more than 20 % of the crown.", "How much?", "Never remove more than a fifth of the crown."),
    ("每100分抵1元，2500分可以抵25元。", "2500积分能抵多少钱？", "每消费1元积1分，每100分抵1元。积分有效期12个月。"),
]


@pytest.mark.parametrize(("answer", "question", "context"), FOLLOWS)
def test_follows_from_the_case(answer: str, question: str, context: str) -> None:
    assert unsupported(answer, question, context) == []


@pytest.mark.parametrize(
    ("answer", "question", "context", "wrong"),
    [
        ("Sales were 640.5 billion.", "Sales?", "USD million | 2023 | 2024\nSales | 640.5 | 610.0", "640.5 billion"),
        ("That is 27.0 per game.", "Runs?", "Player | Games | Runs\nMora | 84 | 2,016\nIto | 80 | 1,610", "27.0"),
        ("They let in 42 goals.", "Goals?", "Home: won 9, lost 4, goals 28:41.", "42"),
        ("Open at 41 goals.", "Goals?", "The desk opens at 28:41.", "41"),
        ("About 1,200 square feet.", "In square feet?", "3 rooms, 85 m².", "1,200"),
        ("Beide zusammen kosten 49 Euro.", "Was kosten beide?", "Eine Karte kostet 23 Euro.", "49 Euro"),
        ("On an £80 order, that's £30.", "How much back?", "You get 25 % back.", "£30"),
        ("6 restarts (08:01, 08:04, 08:09).", "How often?", "08:01 restart\n08:04 restart\n08:09 restart", "6"),
        ("The gap is 9 minutes 10 seconds.", "How far apart?", "Men: 2:05:40, women: 2:11:50.", "9 minutes 10 seconds"),
        ("From 1893, six years before the tower.", "When?", "The bridge was built in 1893. The tower was built in 1897.", "six years"),
        ("For 6 people 120 g are enough.", "How much butter?", "For 12 people: 180 g of butter, 300 g of flour.", "120 g"),
        ("It was fitted on 20 October.", "Is it repaired?", "From: Clerk, 24 October: Pump fitted yesterday.", "20 October."),
        ("Three weeks are 18 working days.", "Three weeks abroad?", "Up to 20 days a year.", "18 working days"),
        ("Multiply everything by 1.5: 520 g lentils.", "For six?", "Serves 4: 300 g lentils, 1 onion.", "520 g"),
        ("£41,000 of the £94,000 was left.", "What was left?", "61,000 of 94,000 pounds were spent by the end of August.", "£41,000"),
        ("$700 m in cash of the $1.2 bn.", "The price?", "For 1.2 billion dollars, of which 900 million in cash.", "$700 m"),
        ("Of 610,000 visitors each pays €4, about €3.4 million a year.", "What does it bring?", "610,000 day visitors came. Each visitor pays 4 euros.", "€3.4 million"),
        ("By 2 October.", "I got the offer on 18 September.", "A place must be accepted within seven days.", "2 October."),
        ("Until 30 June 2028.", "I bought it in May 2024.", "Valid for three years from the end of the year of purchase.", "30 June 2028"),
        ("You arrive at 10:25.", "Which shuttle?", "The shuttle leaves at 9:30. It takes 35 minutes.", "10:25"),
        ("About 45 mph.", "In mph?", "Ten stops from 50 km/h.", "45 mph"),
        ("320 °F.", "In Fahrenheit?", "Bake at 180 °C.", "320 °F"),
        ("€4,100.", "Maximum bonus on 45,000?", "The bonus is up to 8 percent of the salary.", "€4,100"),
        ("5 euros, against a deposit of 20 euros.", "What do glasses cost?", "The deposit is 20 euros.", "5 euros"),
        ("You get 80 %, that is 560 euros.", "Worth 700 euros, what do I get?", "Damage must be reported.", "80 %"),
        ("It takes 25 minutes, so expect it at 14:45.", "It starts at 14:20.", "A restore is possible.", "25 minutes"),
        ("One bag of 49 kilograms.", "The allowance?", "Economy includes one bag.", "49 kilograms"),
        ("On 18 December.", "When is the next market?\n2026-11-22", "Held on the second Friday of each month.", "18 December."),
        ("The bridge is 18 years old.", "How old is it?\n2026-11-22", "The bridge was built in 2011.", "18 years"),
        ("Take 2¾ litres.", "How much?", "Take two and a half litres.", "2¾ litres"),
        ("In 20 days.", "When does it start?\n2026-11-22", "It runs from 1 December.", "20 days"),
        ("In August 2035.", "It was planted in August 2011.", "A tree is protected for 20 years.", "August 2035"),
        ("Until 7 p.m.", "How late?", "Open from 8 to 6.", "7 p.m."),
        ("Each of the six rates is 90 euros.", "480 euros in six rates?", "Above 300 euros one may pay in parts.", "90 euros"),
        ("21 mites in three days are 9 a day.", "21 in three days?", "More than one is too many.", "9"),
        ("Only on trips longer than 16 hours.", "When?", "On trips longer than 8 hours.", "16 hours"),
        ("16 working days.", "How long?", "Prints take 5 working days.", "16 working days"),
        ("About 26,000: 48 new wells, each for around 500 people.", "How many people, in 2025?", "We built 48 wells. One serves about 500 people.", "26,000"),
        ("€3,960 deposit.", "What's the total deposit?", '{"rent_eur":1480,"deposit_months":2,"area_m2":74}', "€3,960"),
        ("It costs 500 euros.", "What does it cost?", "weight_kg,price_eur,transit_days\n0-100,85,3\n500,210,3", "500 euros"),
        ("B ist um 1,9 ct günstiger.", "Unterschied?", "A: 31,4 ct, 11,90 Euro. B: 29,8 ct, 13,50 Euro.", "1,9 ct"),
        ("Im Jahr 152,80 €.", "Jahreskosten?", "Grundpreis 11,90 Euro im Monat.", "152,80 €"),
        ("Około 19,7 punktu na mecz (412 punktów w 22 meczach).", "Średnia?", "Zdobył 412 punktów w 22 meczach.", "19,7"),
        ("A fall of about 66 %.", "They were 240, now 105.", "A fall of more than 50 %: stop.", "66 %"),
        ("The next slot would be 11 December.", "What if we miss it?", "They come on 2 December. The next slot is the 20th.", "11 December."),
        ("Two months can be 66 days.", "For two months?", "Cover applies for up to 60 days.", "66 days"),
        ("80 cents of each dollar go to programmes.", "Where does it go?", "84 % went to programmes.", "80 cents"),
        ("150.", "Our hall is at level 3, how many slots?", "The bank has 80 slots and gets 20 more with each level.", "150"),
        ("Twenty and a half degrees.", "How warm?", "It is 20.9 degrees.", "Twenty and a half"),
        ("You need 1.7 kg of sugar.", "For 2.5 kg of berries?", "1 kg strawberries and 500 g sugar.", "1.7 kg"),
        ("It times out after 31 minutes.", "Code 3?", "Code | Meaning\n3 | timed out (default 30m)", "31 minutes"),
        ("It is 30 minutes away.", "How far?", "The beach is 30.5m away.", "30 minutes"),
        ("1200 × 800 mm, i.e. 1.06 m².", "Footprint in m²?", "type,length_mm,width_mm\nEUR1,1200,800", "1.06"),
        ("La bottiglia da mezzo litro a 12 € fa 26 € al litro.", "Conviene la latta?", "Bottiglia da 0,5 l 12 €, latta da 3 l 60 €.", "26 €"),
        ("About 23 lb-ft.", "In lb-ft?", "The spark plugs take 25 Nm.", "23 lb-ft"),
        ("About 10 miles (1 mile = 1.9 km).", "How far?", "The drive is 10 miles.", "1.9 km"),
        ("That's three fifths, i.e. 17.2 days.", "I work 3 days a week.", "Full-time staff have 27 days of annual leave.", "17.2 days"),
        ("Never more than 20 % of the crown.", "How much?", "Never remove the fifth crown.", "20 %"),
        ("每100分抵1元，2500分可以抵27元。", "2500积分能抵多少钱？", "每消费1元积1分，每100分抵1元。积分有效期12个月。", "27元"),
    ],
)  # fmt: skip
def test_does_not_follow(answer: str, question: str, context: str, wrong: str) -> None:
    assert wrong in unsupported(answer, question, context)


@pytest.mark.parametrize(
    ("prose", "wrong"),
    [
        ("€1,320 ÷ 11 = **€135 a month**", ["€135"]),
        ("That's 75 + 2 × 30 = €150.", ["€150"]),
        ("€1,320 ÷ 11 = €120, 2 × 45 min = 1.5 hours, 3.6 % + 2 % = 5.6 %, 1/3 = 33 %.", []),
        ("2 dogs × 3 nights × €15 = €90, (4 + 5) × 2 = 18, 2 × (40 + 40) = 160.", []),
        ("Open 10:00 - 12:00 = 2 hours; 3 × 4 = 12.5 or so", ["12.5"]),
    ],
)
def test_results_that_a_calculation_does_not_give(prose: str, wrong: list[str]) -> None:
    places = miscalculated(prose)
    assert [one.text for one in quantities(prose) if one.start in places] == wrong


def test_a_wrong_result_is_unsupported_although_it_can_be_reckoned() -> None:
    assert unsupported(
        "€1,320 ÷ 11 = €132.", "My cost is 1,320 euros.", "An eleventh of the cost, 10 percent less."
    ) == ["€132"]


def test_very_many_figures_are_looked_at_without_comparing_each_with_each():
    answer = " and ".join(str(1000 + 7 * n) for n in range(500))
    texts = [" then ".join(str(100_000 + 11 * n + m) for n in range(600)) for m in range(4)]
    assert len(unsupported_numbers(answer, texts)) > 200
