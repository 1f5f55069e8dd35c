"""The online items of the demo world: short texts that are worth reading by themselves."""

from dataclasses import dataclass

from classroom.texts import Text


@dataclass(frozen=True, slots=True)
class DemoItem:
    id: str
    municipality: str
    category: str
    minutes: int
    title: Text
    summary: Text
    body: Text


ITEMS: tuple[DemoItem, ...] = (
    DemoItem(
        "demo-item-smishing",
        "suwon",
        "civic",
        5,
        Text("문자 사기, 세 가지만 확인하세요", "Text message fraud: three things to check"),
        Text(
            "택배, 건강검진, 가족을 사칭한 문자를 구별하는 방법",
            "How to tell messages that pretend to be a parcel, a clinic or family",
        ),
        Text(
            "첫째, 문자 속 주소를 누르기 전에 멈춥니다. 기관은 문자로 앱 설치를 요구하지 않습니다.\n\n"
            "둘째, 보낸 곳에 직접 전화합니다. 문자에 적힌 번호가 아니라 명세서나 누리집에 있는 대표 번호로 확인합니다.\n\n"
            "셋째, 가족이 급하게 돈을 부탁하면 목소리를 듣고 보냅니다. 이미 눌렀다면 휴대전화를 비행기 모드로 바꾸고 "
            "112에 신고합니다.",
            "First, stop before you tap a link in a message. Public offices never ask you to install an app by text.\n\n"
            "Second, call the sender yourself, on the number printed on a bill or on the official site, not the one in "
            "the message.\n\n"
            "Third, when family asks for money in a hurry, hear their voice before you send it. "
            "If you have tapped already, switch on flight mode and call the police on 112.",
        ),
    ),
    DemoItem(
        "demo-item-kiosk",
        "suwon",
        "digital",
        6,
        Text("키오스크 주문, 천천히 해도 괜찮습니다", "Ordering at a kiosk, at your own pace"),
        Text(
            "음식점과 병원의 무인 기기에서 자주 만나는 화면 다섯 가지",
            "Five screens you meet again and again on machines in cafés and clinics",
        ),
        Text(
            "첫 화면에서는 '매장'과 '포장'을 고릅니다. 글씨가 작으면 아래쪽의 '큰 글씨' 또는 '도움' 단추를 찾아봅니다.\n\n"
            "메뉴를 누르면 장바구니에 담깁니다. 잘못 눌렀을 때는 '뒤로' 또는 '처음으로'를 누르면 되고, 결제 전에는 돈이 "
            "나가지 않습니다.\n\n"
            "결제 화면에서 카드를 꽂고, 화면이 바뀔 때까지 빼지 않습니다. 뒤에 기다리는 사람이 있어도 서두르지 않아도 "
            "됩니다. 직원을 부르는 것도 좋은 방법입니다.",
            "The first screen asks whether you eat here or take away. If the letters are small, look for a large-text or "
            "help button at the bottom.\n\n"
            "What you tap goes into the basket. A wrong tap is undone with Back or Start over; nothing is charged before "
            "payment.\n\n"
            "Insert the card when asked and leave it in until the screen changes. There is no need to hurry because of a "
            "queue, "
            "and asking the staff is always a good way.",
        ),
    ),
    DemoItem(
        "demo-item-photo-light",
        "suwon",
        "arts",
        7,
        Text("빛의 방향만 바꿔도 사진이 달라집니다", "Change the direction of light and the picture changes"),
        Text(
            "순광, 측광, 역광을 스마트폰으로 비교해 보는 짧은 실습", "A short exercise with front, side and back light on a phone"
        ),
        Text(
            "창가에 컵 하나를 놓고 세 번 찍습니다. 창을 등지고, 창을 옆에 두고, 창을 마주 보고 찍습니다.\n\n"
            "등지고 찍으면 색이 선명하고, 옆에 두면 그림자가 생겨 입체감이 살아납니다. 마주 보면 컵이 어두워지는데, "
            "화면에서 컵을 한 번 누르면 밝기가 컵에 맞춰집니다.\n\n"
            "세 장을 나란히 보고 어느 빛이 컵의 느낌을 가장 잘 보여 주는지 적어 봅니다. 인물 사진도 원리는 같습니다.",
            "Put a cup by the window and take three pictures: with the window behind you, beside you, and in front of you.\n\n"
            "From behind, colours are strong. From the side, shadows give depth. Facing the window the cup turns dark; "
            "tap on it once and the phone sets its brightness by the cup.\n\n"
            "Look at the three side by side and note which light shows the cup best. Portraits follow the same rule.",
        ),
    ),
    DemoItem(
        "demo-item-hwaseong",
        "suwon",
        "humanities",
        8,
        Text("수원 화성을 걷기 전에 읽는 이야기", "Before you walk along Hwaseong Fortress"),
        Text("정조가 성을 쌓은 까닭과 성곽 5.7km를 걷는 순서", "Why King Jeongjo built it, and an order for walking its 5.7 km"),
        Text(
            "수원 화성은 1794년에 짓기 시작해 1796년에 완성되었습니다. 정조는 아버지 사도세자의 묘를 수원으로 옮기고, "
            "새로운 도시를 계획했습니다.\n\n"
            "정약용이 고안한 거중기와 공사 기록인 『화성성역의궤』 덕분에 무너진 성곽을 옛 모습대로 되살릴 수 있었습니다. "
            "1997년에는 유네스코 세계유산이 되었습니다.\n\n"
            "처음 걷는다면 팔달문에서 서장대로 올라가 시내를 내려다본 뒤 화서문, 장안문, 방화수류정 순서로 걷기를 "
            "권합니다. 천천히 걸으면 두 시간 반쯤 걸립니다.",
            "Work on Hwaseong began in 1794 and ended in 1796. King Jeongjo moved the tomb of his father, Crown Prince "
            "Sado, to Suwon and planned a new city around it.\n\n"
            "Thanks to the cranes designed by Jeong Yak-yong and a detailed record of the works, ruined parts could be "
            "rebuilt as they were. "
            "It became a World Heritage Site in 1997.\n\n"
            "On a first walk, climb from Paldalmun to Seojangdae for the view, then follow Hwaseomun, Janganmun and "
            "Banghwasuryujeong. "
            "At an easy pace it takes about two and a half hours.",
        ),
    ),
    DemoItem(
        "demo-item-english-phone",
        "seongnam",
        "language",
        6,
        Text("영어로 전화 받기: 다섯 문장", "Answering the phone in English: five sentences"),
        Text("당황하지 않고 통화를 이어 가는 기본 표현", "Basic phrases that keep a call going without panic"),
        Text(
            "Hello, this is Minji speaking. (여보세요, 민지입니다.) 이름을 먼저 말하면 상대가 편안해집니다.\n\n"
            "Could you speak a little more slowly, please? (조금만 천천히 말씀해 주시겠어요?) 못 알아들었을 때 미안해할 "
            "필요는 없습니다.\n\n"
            "Let me write that down. / Could you spell your name? / I will call you back this afternoon. "
            "세 문장을 소리 내어 열 번 읽고, 오늘 저녁 가족과 번갈아 연습해 봅니다.",
            "Hello, this is Minji speaking. Saying your name first puts the other person at ease.\n\n"
            "Could you speak a little more slowly, please? There is no need to be sorry for not understanding.\n\n"
            "Let me write that down. / Could you spell your name? / I will call you back this afternoon. "
            "Read the three aloud ten times and practise them with somebody tonight.",
        ),
    ),
    DemoItem(
        "demo-item-knee",
        "seongnam",
        "health",
        5,
        Text("무릎이 편해지는 하루 10분 운동", "Ten minutes a day for easier knees"),
        Text("의자 하나로 하는 허벅지 근력 운동 세 가지", "Three thigh exercises with nothing but a chair"),
        Text(
            "의자에 앉아 한쪽 다리를 앞으로 펴고 5초 동안 버팁니다. 좌우 열 번씩 합니다. 발끝을 몸쪽으로 당기면 더 "
            "좋습니다.\n\n"
            "의자 등받이를 잡고 서서 뒤꿈치를 천천히 들었다가 내립니다. 열다섯 번 합니다.\n\n"
            "손을 쓰지 않고 의자에서 일어났다 앉기를 여덟 번 합니다. 무릎이 아프거나 붓는 날은 쉬고, 통증이 계속되면 "
            "진료를 받습니다.",
            "Sit on a chair, stretch one leg forward and hold it for five seconds; ten times on each side. Pull your toes "
            "towards you for more effect.\n\n"
            "Hold the back of the chair, raise your heels slowly and lower them; fifteen times.\n\n"
            "Stand up and sit down without using your hands, eight times. Rest on days when a knee hurts or is swollen, "
            "and see a doctor when the pain stays.",
        ),
    ),
    DemoItem(
        "demo-item-interview",
        "seongnam",
        "work",
        9,
        Text("다시 시작하는 중장년의 면접 준비", "Getting ready for an interview in mid-career"),
        Text("경력 공백을 설명하고 강점을 말하는 연습", "Practise explaining a gap and naming your strengths"),
        Text(
            "경력의 공백은 숨기지 않고 짧게 설명합니다. '아이를 돌보며 봉사활동을 했고, 지난 6개월은 회계 자격증을 "
            "준비했습니다'처럼 사실과 지금의 준비를 함께 말합니다.\n\n"
            "강점은 형용사가 아니라 장면으로 말합니다. '꼼꼼합니다'보다 '3년 동안 재고 오차를 1% 아래로 유지했습니다'가 "
            "오래 기억됩니다.\n\n"
            "마지막 질문도 준비합니다. '이 일을 잘하는 분들은 처음 세 달을 어떻게 보내셨나요?'라고 물으면 일에 대한 "
            "관심이 전해집니다.",
            "Explain a gap briefly instead of hiding it: say what you did and what you have prepared since, such as "
            "volunteering and a bookkeeping certificate.\n\n"
            "Show strengths as scenes, not adjectives. “I kept stock errors under one per cent for three years” stays "
            "longer in mind than “I am careful”.\n\n"
            "Prepare a last question too. “How did people who do well here spend their first three months?” shows that "
            "you care about the work.",
        ),
    ),
    DemoItem(
        "demo-item-resume-files",
        "seongnam",
        "digital",
        5,
        Text("휴대전화 파일, 이름만 잘 붙여도 찾습니다", "Name your files well and you will find them"),
        Text("사진과 문서를 날짜와 내용으로 정리하는 방법", "Keep photos and documents in order by date and content"),
        Text(
            "파일 이름은 '날짜-내용-버전'으로 붙입니다. 예를 들어 '20261102-이력서-최종'처럼 쓰면 정렬했을 때 저절로 "
            "순서가 맞습니다.\n\n"
            "폴더는 많이 만들지 말고 '집', '건강', '배움', '일'처럼 네다섯 개만 둡니다. 어디에 둘지 오래 고민되면 폴더가 "
            "너무 많은 것입니다.\n\n"
            "한 달에 한 번, 같은 사진이 여러 장이면 가장 좋은 한 장만 남깁니다. 지우기 전에 컴퓨터나 외장 저장 장치에 "
            "옮겨 두면 안심입니다.",
            "Name a file by date, content and version, such as 20261102-resume-final: sorted by name, they fall into "
            "order by themselves.\n\n"
            "Four or five folders are enough: home, health, learning, work. If you wonder for long where a file belongs, "
            "there are too many.\n\n"
            "Once a month keep the best of similar photos. Copy them to a computer or a drive first and you can delete "
            "with an easy mind.",
        ),
    ),
    DemoItem(
        "demo-item-soil",
        "yongin",
        "green",
        7,
        Text("텃밭 흙, 손으로 쥐어 보면 압니다", "Squeeze the soil and you will know it"),
        Text("모종을 심기 2주 전에 할 일", "What to do two weeks before planting out"),
        Text(
            "흙을 한 줌 쥐었다 폅니다. 부서지지 않고 뭉치면 진흙이 많은 흙이고, 바로 흩어지면 모래가 많은 흙입니다. 살짝 "
            "뭉쳤다가 손가락으로 밀면 부서지는 흙이 좋습니다.\n\n"
            "모종을 심기 2주 전에 1㎡마다 퇴비 2kg쯤을 넣고 삽 한 자루 깊이로 뒤집습니다. 덜 익은 퇴비는 뿌리를 상하게 "
            "하므로 흙냄새가 나는 것을 씁니다.\n\n"
            "두둑은 물이 잘 빠지도록 20cm 높이로 만들고, 심기 전날 물을 넉넉히 줍니다.",
            "Take a handful, squeeze it and open your hand. If it stays a lump there is much clay; if it falls apart at "
            "once, much sand. "
            "Good soil holds its shape and crumbles under a finger.\n\n"
            "Two weeks before planting, dig in about two kilograms of compost per square metre, one spade deep. "
            "Use compost that smells of earth: unripe compost harms roots.\n\n"
            "Raise the beds by 20 cm so that water drains, and water well on the day before planting.",
        ),
    ),
    DemoItem(
        "demo-item-recycling",
        "yongin",
        "green",
        4,
        Text("헷갈리는 분리배출 열 가지", "Ten things people sort wrongly"),
        Text("영수증, 뽁뽁이, 컵밥 그릇은 어디에 넣을까요", "Where do receipts, bubble wrap and takeaway bowls go?"),
        Text(
            "영수증과 택배 송장은 코팅된 종이라 일반쓰레기입니다. 우유갑은 종이와 따로 헹구어 말려 모읍니다.\n\n"
            "뽁뽁이와 깨끗한 비닐은 비닐류, 투명 페트병은 라벨을 떼고 따로 배출합니다. 기름이 밴 용기는 씻어도 냄새가 "
            "나면 일반쓰레기입니다.\n\n"
            "깨진 유리와 도자기는 신문지에 싸서 특수 규격 봉투에 담습니다. 칫솔, 볼펜, 빨대는 크기가 작아 재활용되지 않습니다.",
            "Receipts and parcel labels are coated paper and go to general waste. Rinse and dry milk cartons and keep "
            "them apart from paper.\n\n"
            "Bubble wrap and clean film are plastic film; clear bottles go separately without their labels. "
            "A bowl that still smells of oil after washing is general waste.\n\n"
            "Wrap broken glass and pottery in newspaper and use the special bag. Toothbrushes, pens and straws are too "
            "small to be recycled.",
        ),
    ),
    DemoItem(
        "demo-item-pottery",
        "yongin",
        "arts",
        6,
        Text("처음 만드는 그릇, 흙가래 쌓기", "Your first bowl: building with coils"),
        Text("물레 없이 손으로 만드는 도예의 첫걸음", "First steps in pottery by hand, without a wheel"),
        Text(
            "흙을 손바닥으로 굴려 연필 굵기의 가래를 만듭니다. 굵기가 고르면 벽도 고르게 올라갑니다.\n\n"
            "바닥판 가장자리를 긁고 흙물을 바른 다음 가래를 올립니다. 한 단을 올릴 때마다 안쪽을 손가락으로 내려 붙여야 "
            "마를 때 갈라지지 않습니다.\n\n"
            "모양이 잡히면 비닐을 느슨하게 덮어 하루 동안 천천히 말립니다. 반쯤 말랐을 때 나무칼로 다듬으면 선이 깨끗해집니다.",
            "Roll the clay into coils as thick as a pencil. Even coils make an even wall.\n\n"
            "Score the edge of the base, brush it with slip and lay the coil on. Smear each one down on the inside, or it "
            "will crack when it dries.\n\n"
            "When the shape stands, cover it loosely and let it dry slowly for a day. Half dry, it can be trimmed with a "
            "wooden knife to a clean line.",
        ),
    ),
    DemoItem(
        "demo-item-civic-budget",
        "yongin",
        "civic",
        7,
        Text("주민참여예산, 우리 동네 제안서 쓰기", "Participatory budgeting: write a proposal for your street"),
        Text("좋은 생각을 예산이 되게 하는 네 문장", "Four sentences that turn an idea into a budget"),
        Text(
            "제안서는 길지 않아도 됩니다. 누가 불편한지, 어디에서 얼마나 자주 일어나는지, 무엇을 하면 나아지는지, 돈은 "
            "얼마쯤 드는지를 한 문장씩 적습니다.\n\n"
            "사진 한 장과 이웃 세 사람의 말을 붙이면 설득력이 커집니다. '위험하다'보다 '지난달 두 번 넘어졌다'가 "
            "분명합니다.\n\n"
            "시청 누리집이나 주민센터에서 접수합니다. 채택되지 않아도 담당 부서의 의견을 받을 수 있으니 다음 해에 고쳐서 "
            "다시 제안할 수 있습니다.",
            "A proposal need not be long: one sentence each for who is troubled, where and how often, what would help, "
            "and about how much it costs.\n\n"
            "Add one photo and the words of three neighbours. “Two people fell last month” is clearer than “it is "
            "dangerous”.\n\n"
            "Hand it in on the city's site or at the community centre. If it is not chosen you receive the office's "
            "opinion and can improve it for next year.",
        ),
    ),
)
