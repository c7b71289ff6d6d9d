"""Made-up people and made-up secrets that are formally valid. Nothing here belongs to anybody."""

from assay.simulate.dice import Dice

FIRST = ("Marta", "Jonas", "Aisha", "Peter", "Elena", "Luca", "Sofie", "Rahul", "Nadia", "Tomasz", "Grace", "Henrik", "Ines", "Omar", "Yuki", "Clara")  # fmt: skip
LAST = ("Lindqvist", "Okafor", "Brandt", "Moreau", "Castellanos", "Nowak", "Petersen", "Iyer", "Haddad", "Fischer", "Whitfield", "Tanaka", "Rossi", "Vandenberg", "Kowalska", "Oduya")  # fmt: skip
MAIL_HOSTS = ("gmail.com", "outlook.com", "proton.me", "yahoo.co.uk", "gmx.de", "icloud.com")


def name(dice: Dice) -> str:
    """A full name."""
    return f"{dice.chosen(FIRST)} {dice.chosen(LAST)}"


def mail(dice: Dice, person: str) -> str:
    """A private e-mail address of this person."""
    first, last = person.lower().split(" ")
    middle = dice.chosen((".", "_", "", "-"))
    return f"{first}{middle}{last}{dice.chosen(('', '', str(dice.between(60, 99))))}@{dice.chosen(MAIL_HOSTS)}"


def telephone(dice: Dice) -> str:
    """A telephone number in one of the ways of writing them."""
    return dice.chosen((
        f"+1 ({dice.between(201, 989)}) {dice.between(200, 999)}-{dice.digits(4)}",
        f"+44 20 7{dice.digits(3)} {dice.digits(4)}",
        f"+49 30 {dice.between(200000, 9999999)}",
        f"({dice.between(201, 989)}) {dice.between(200, 999)}-{dice.digits(4)}",
        f"+33 6 {dice.digits(2)} {dice.digits(2)} {dice.digits(2)} {dice.digits(2)}",
    ))  # fmt: skip


def card(dice: Dice) -> str:
    """A payment card number with a right check digit."""
    head = dice.chosen(("4539", "4916", "5425", "5105", "4024"))
    body = head + dice.digits(11)
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    digits = body + str(-total % 10)
    groups = [digits[start : start + 4] for start in range(0, 16, 4)]
    return dice.chosen((" ", "-", "")).join(groups)


def iban(dice: Dice) -> str:
    """A German IBAN with right check digits."""
    account = dice.chosen(("37040044", "50010517", "10011001")) + dice.digits(10)
    check = 98 - int(account + "131400") % 97
    text = f"DE{check:02d}{account}"
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4)) if dice.happens(0.6) else text


def social_security(dice: Dice) -> str:
    """A US social security number of an area that exists."""
    return f"{dice.between(101, 665):03d}-{dice.between(11, 99)}-{dice.between(1001, 9998)}"


BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def secret(dice: Dice) -> tuple[str, str]:
    """What kind of secret, and one that has its form."""
    long = "".join(dice.letters(64, BASE64) + "\n" for _ in range(4))
    return dice.chosen((
        ("AWS access key", f"AKIA{dice.letters(16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')}"),
        ("GitHub token", f"ghp_{dice.letters(36, BASE64)}"),
        ("Slack token", f"xoxb-{dice.digits(12)}-{dice.digits(12)}-{dice.letters(24, BASE64)}"),
        ("private key", f"-----BEGIN RSA PRIVATE KEY-----\n{long}-----END RSA PRIVATE KEY-----"),
        ("Stripe key", f"sk_live_{dice.letters(24, BASE64)}"),
        ("Google API key", f"AIza{dice.letters(35, BASE64)}"),
        ("database address", f"postgres://app:{dice.letters(14, BASE64)}@db-{dice.between(1, 9)}.internal.example:5432/orders"),
        ("OpenAI key", f"sk-proj-{dice.letters(48, BASE64)}"),
        ("JSON web token", f"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI{dice.letters(30, BASE64)}.{dice.letters(43, BASE64)}"),
    ))  # fmt: skip
